from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import ImportJobFields


class UndoImportJob(BaseModel):
    undo_import_job: "UndoImportJobUndoImportJob" = Field(alias="undoImportJob")


class UndoImportJobUndoImportJob(BaseModel):
    import_job: Optional["UndoImportJobUndoImportJobImportJob"] = Field(
        alias="importJob"
    )
    error: Optional["UndoImportJobUndoImportJobError"]


UndoImportJobUndoImportJobImportJob = ImportJobFields


class UndoImportJobUndoImportJobError(BaseModel):
    code: str
    message: str


UndoImportJob.model_rebuild()
UndoImportJobUndoImportJob.model_rebuild()
