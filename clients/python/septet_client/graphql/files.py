from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import FileFields


class Files(BaseModel):
    files: "FilesFiles"


class FilesFiles(BaseModel):
    nodes: list["FilesFilesNodes"]
    page_info: "FilesFilesPageInfo" = Field(alias="pageInfo")


FilesFilesNodes = FileFields


class FilesFilesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Files.model_rebuild()
FilesFiles.model_rebuild()
