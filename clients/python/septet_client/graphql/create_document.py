from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import DocumentFields


class CreateDocument(BaseModel):
    create_document: "CreateDocumentCreateDocument" = Field(alias="createDocument")


class CreateDocumentCreateDocument(BaseModel):
    document: Optional["CreateDocumentCreateDocumentDocument"]
    error: Optional["CreateDocumentCreateDocumentError"]


CreateDocumentCreateDocumentDocument = DocumentFields


class CreateDocumentCreateDocumentError(BaseModel):
    code: str
    message: str


CreateDocument.model_rebuild()
CreateDocumentCreateDocument.model_rebuild()
