from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class TrashFiles(BaseModel):
    trash_files: "TrashFilesTrashFiles" = Field(alias="trashFiles")


class TrashFilesTrashFiles(BaseModel):
    outcomes: Optional[list["TrashFilesTrashFilesOutcomes"]]
    error: Optional["TrashFilesTrashFilesError"]


class TrashFilesTrashFilesOutcomes(BaseModel):
    file: Optional["TrashFilesTrashFilesOutcomesFile"]
    error: Optional["TrashFilesTrashFilesOutcomesError"]


class TrashFilesTrashFilesOutcomesFile(BaseModel):
    id: str


class TrashFilesTrashFilesOutcomesError(BaseModel):
    code: str
    message: str


class TrashFilesTrashFilesError(BaseModel):
    code: str
    message: str


TrashFiles.model_rebuild()
TrashFilesTrashFiles.model_rebuild()
TrashFilesTrashFilesOutcomes.model_rebuild()
