from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import ImportJobFields


class CreateImportJob(BaseModel):
    create_import_job: "CreateImportJobCreateImportJob" = Field(alias="createImportJob")


class CreateImportJobCreateImportJob(BaseModel):
    import_job: Optional["CreateImportJobCreateImportJobImportJob"] = Field(
        alias="importJob"
    )
    error: Optional["CreateImportJobCreateImportJobError"]


CreateImportJobCreateImportJobImportJob = ImportJobFields


class CreateImportJobCreateImportJobError(BaseModel):
    code: str
    message: str


CreateImportJob.model_rebuild()
CreateImportJobCreateImportJob.model_rebuild()
