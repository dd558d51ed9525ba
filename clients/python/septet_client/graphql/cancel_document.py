from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import DocumentFields


class CancelDocument(BaseModel):
    cancel_document: "CancelDocumentCancelDocument" = Field(alias="cancelDocument")


class CancelDocumentCancelDocument(BaseModel):
    document: Optional["CancelDocumentCancelDocumentDocument"]
    error: Optional["CancelDocumentCancelDocumentError"]


CancelDocumentCancelDocumentDocument = DocumentFields


class CancelDocumentCancelDocumentError(BaseModel):
    code: str
    message: str


CancelDocument.model_rebuild()
CancelDocumentCancelDocument.model_rebuild()
