"""What may be changed about files."""

import graphene

from apps.files.schema.inputs import DeleteFileInput, DeleteFilesInput, UpdateFileInput
from apps.files.schema.types import FileType
from apps.files.services import delete_file, delete_files, update_file
from kernel.federation.mutations import BulkDelete, Delete, Update


class Mutation(graphene.ObjectType):
    """Changes of files."""

    update_file = Update(
        FileType, input=UpdateFileInput, by=update_file, description="Rename a file."
    )
    delete_file = Delete(
        FileType,
        input=DeleteFileInput,
        by=delete_file,
        description="Remove a file; what refers to it shows nothing in its place.",
    )
    delete_files = BulkDelete(
        FileType,
        input=DeleteFilesInput,
        by=delete_files,
        description="Remove many files; one that is not there does not keep the others.",
    )
