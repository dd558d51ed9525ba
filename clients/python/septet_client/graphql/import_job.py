from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import ImportJobFields


class ImportJob(BaseModel):
    import_job: Optional["ImportJobImportJob"] = Field(alias="importJob")


ImportJobImportJob = ImportJobFields
ImportJob.model_rebuild()
