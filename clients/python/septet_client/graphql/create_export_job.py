from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import ExportJobFields


class CreateExportJob(BaseModel):
    create_export_job: "CreateExportJobCreateExportJob" = Field(alias="createExportJob")


class CreateExportJobCreateExportJob(BaseModel):
    export_job: Optional["CreateExportJobCreateExportJobExportJob"] = Field(
        alias="exportJob"
    )
    error: Optional["CreateExportJobCreateExportJobError"]


CreateExportJobCreateExportJobExportJob = ExportJobFields


class CreateExportJobCreateExportJobError(BaseModel):
    code: str
    message: str


CreateExportJob.model_rebuild()
CreateExportJobCreateExportJob.model_rebuild()
