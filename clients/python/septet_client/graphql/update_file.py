from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import FileFields


class UpdateFile(BaseModel):
    update_file: "UpdateFileUpdateFile" = Field(alias="updateFile")


class UpdateFileUpdateFile(BaseModel):
    file: Optional["UpdateFileUpdateFileFile"]
    error: Optional["UpdateFileUpdateFileError"]


UpdateFileUpdateFileFile = FileFields


class UpdateFileUpdateFileError(BaseModel):
    code: str
    message: str


UpdateFile.model_rebuild()
UpdateFileUpdateFile.model_rebuild()
