"""What may be changed about files."""

import graphene

from apps.files.access import RELEASE
from apps.files.schema.allowed import AllowedTypesChanges
from apps.files.schema.folders import FolderChanges
from apps.files.schema.inputs import (
    DeleteFileInput,
    DeleteFilesInput,
    HoldFileInput,
    LabelFileInput,
    LiftFileHoldInput,
    QuarantineFileInput,
    ReleaseFileInput,
    RescanFileInput,
    RestoreFileVersionInput,
    RetainFileInput,
    UpdateFileInput,
)
from apps.files.schema.links import LinkChanges
from apps.files.schema.types import FileType
from apps.files.schema.uploads import UploadChanges
from apps.files.services import delete_file, delete_files, update_file
from apps.files.services.holding import hold_file, lift_file_hold, retain_file
from apps.files.services.labels import label_file
from apps.files.services.verdicts import quarantine_file, release_file, rescan_file
from apps.files.services.versions import restore_file_version
from kernel.federation.mutations import BulkDelete, Delete, Update

#: Holds and retention are for those who answer for what is kept.
RETAIN = "files:retain"


class Mutation(FolderChanges, LinkChanges, UploadChanges, AllowedTypesChanges, graphene.ObjectType):
    """Changes of files."""

    update_file = Update(
        FileType, input=UpdateFileInput, by=update_file, description="Rename a file."
    )
    label_file = Update(
        FileType,
        input=LabelFileInput,
        by=label_file,
        description="Say tags and metadata of a file anew.",
    )
    restore_file_version = Update(
        FileType,
        input=RestoreFileVersionInput,
        by=restore_file_version,
        description="Let a file have again what it had; that makes another version.",
    )
    hold_file = Update(
        FileType,
        input=HoldFileInput,
        by=hold_file,
        scope=RETAIN,
        description="Let nobody remove a file or give it other bytes.",
    )
    lift_file_hold = Update(
        FileType,
        input=LiftFileHoldInput,
        by=lift_file_hold,
        scope=RETAIN,
        description="Lift a legal hold.",
    )
    retain_file = Update(
        FileType,
        input=RetainFileInput,
        by=retain_file,
        scope=RETAIN,
        description="Let nobody remove a file until then.",
    )
    rescan_file = Update(
        FileType,
        input=RescanFileInput,
        by=rescan_file,
        description="Scan a file once more; until then the verdict before holds.",
    )
    release_file = Update(
        FileType,
        input=ReleaseFileInput,
        by=release_file,
        scope=RELEASE,
        description="Give out a file that no scanner found clean, and all of the tenant with"
        " the same bytes, until something else is found in it. It takes files:release.",
    )
    quarantine_file = Update(
        FileType,
        input=QuarantineFileInput,
        by=quarantine_file,
        scope=RELEASE,
        description="Give out a file, and all of the tenant with the same bytes, no more until"
        " it was scanned again. It takes files:release.",
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
