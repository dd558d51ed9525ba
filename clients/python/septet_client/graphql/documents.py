from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import DocumentFields


class Documents(BaseModel):
    documents: "DocumentsDocuments"


class DocumentsDocuments(BaseModel):
    nodes: list["DocumentsDocumentsNodes"]
    page_info: "DocumentsDocumentsPageInfo" = Field(alias="pageInfo")


DocumentsDocumentsNodes = DocumentFields


class DocumentsDocumentsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Documents.model_rebuild()
DocumentsDocuments.model_rebuild()
