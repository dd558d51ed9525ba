"""What may be changed about import jobs."""

import graphene

from apps.importexport.schema.inputs import (
    CancelImportJobInput,
    CreateImportJobInput,
    DeleteImportJobInput,
    DeleteImportJobsInput,
)
from apps.importexport.schema.types import ImportJobType
from apps.importexport.services import (
    cancel_import,
    create_import,
    delete_import,
    delete_imports,
)
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(graphene.ObjectType):
    """Changes of import jobs."""

    create_import_job = Create(
        ImportJobType,
        input=CreateImportJobInput,
        by=create_import,
        description="Queue an import.",
    )
    cancel_import_job = Update(
        ImportJobType,
        input=CancelImportJobInput,
        by=cancel_import,
        description="Stop an import; CONFLICT when it is done or failed.",
    )
    delete_import_job = Delete(
        ImportJobType,
        input=DeleteImportJobInput,
        by=delete_import,
        description="Remove an import; CONFLICT while it is running.",
    )
    delete_import_jobs = BulkDelete(
        ImportJobType,
        input=DeleteImportJobsInput,
        by=delete_imports,
        description="Remove many imports; one that is running does not keep the others.",
    )
