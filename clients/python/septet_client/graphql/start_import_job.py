from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import ImportJobFields


class StartImportJob(BaseModel):
    start_import_job: "StartImportJobStartImportJob" = Field(alias="startImportJob")


class StartImportJobStartImportJob(BaseModel):
    import_job: Optional["StartImportJobStartImportJobImportJob"] = Field(
        alias="importJob"
    )
    error: Optional["StartImportJobStartImportJobError"]


StartImportJobStartImportJobImportJob = ImportJobFields


class StartImportJobStartImportJobError(BaseModel):
    code: str
    message: str


StartImportJob.model_rebuild()
StartImportJobStartImportJob.model_rebuild()
