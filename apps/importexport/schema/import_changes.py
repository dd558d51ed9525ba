"""What may be changed about imports."""

from apps.importexport.schema.inputs import (
    CancelImportJobInput,
    CheckImportJobInput,
    CreateImportJobInput,
    CreateImportTemplateInput,
    DeleteImportJobInput,
    DeleteImportJobsInput,
    DeleteImportTemplateInput,
    PauseImportJobInput,
    RepairImportRowsInput,
    ResumeImportJobInput,
    RetryFailedImportRowsInput,
    StartImportJobInput,
    UndoImportJobInput,
    UpdateImportJobInput,
    UpdateImportTemplateInput,
)
from apps.importexport.schema.types import ImportJobType, ImportTemplateType
from apps.importexport.services.controlling import (
    cancel_import,
    pause_import,
    resume_import,
    retry_failed_rows,
    undo_import,
)
from apps.importexport.services.import_templates import (
    create_template,
    delete_template,
    rename_template,
)
from apps.importexport.services.imports import (
    check_import,
    create_import,
    delete_import,
    delete_imports,
    start_import,
    update_import,
)
from apps.importexport.services.repairing import repair_rows
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class ImportChanges:
    """Changes of imports and their templates."""

    create_import_job = Create(
        ImportJobType,
        input=CreateImportJobInput,
        by=create_import,
        description="Make an import; with a source, that is looked at.",
    )
    update_import_job = Update(
        ImportJobType,
        input=UpdateImportJobInput,
        by=update_import,
        description="Say anew what an import is and does; CONFLICT once it has started.",
    )
    check_import_job = Update(
        ImportJobType,
        input=CheckImportJobInput,
        by=check_import,
        description="Go over an import without bringing a row: all errors are told.",
    )
    start_import_job = Update(
        ImportJobType,
        input=StartImportJobInput,
        by=start_import,
        description="Bring the rows of an import.",
    )
    pause_import_job = Update(
        ImportJobType,
        input=PauseImportJobInput,
        by=pause_import,
        description="Let an import rest; it goes on from where it is.",
    )
    resume_import_job = Update(
        ImportJobType,
        input=ResumeImportJobInput,
        by=resume_import,
        description="Go on with an import that rests, or failed on the way.",
    )
    cancel_import_job = Update(
        ImportJobType,
        input=CancelImportJobInput,
        by=cancel_import,
        description="Stop an import; CONFLICT when it is done or failed.",
    )
    undo_import_job = Update(
        ImportJobType,
        input=UndoImportJobInput,
        by=undo_import,
        description="Take an import back; rows that were changed since stay, and are counted.",
    )
    retry_failed_import_rows = Create(
        ImportJobType,
        input=RetryFailedImportRowsInput,
        by=retry_failed_rows,
        description="Make an import of the rows that failed in another, mended.",
    )
    repair_import_rows = Create(
        ImportJobType,
        input=RepairImportRowsInput,
        by=repair_rows,
        description="Make an import of rows that failed in another, with other values; it is"
        " checked at once, and brought when it is started.",
    )
    delete_import_job = Delete(
        ImportJobType,
        input=DeleteImportJobInput,
        by=delete_import,
        description="Remove an import; CONFLICT while it is worked on.",
    )
    delete_import_jobs = BulkDelete(
        ImportJobType,
        input=DeleteImportJobsInput,
        by=delete_imports,
        description="Remove many imports; one that is worked on does not keep the others.",
    )
    create_import_template = Create(
        ImportTemplateType,
        input=CreateImportTemplateInput,
        by=create_template,
        description="Keep what an import does for the next file with its header.",
    )
    update_import_template = Update(
        ImportTemplateType,
        input=UpdateImportTemplateInput,
        by=rename_template,
        description="Call a template something else.",
    )
    delete_import_template = Delete(
        ImportTemplateType,
        input=DeleteImportTemplateInput,
        by=delete_template,
        description="Remove a template; imports that were made by it stay.",
    )
