from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import DocumentFormat


class DocumentTemplates(BaseModel):
    document_templates: "DocumentTemplatesDocumentTemplates" = Field(
        alias="documentTemplates"
    )


class DocumentTemplatesDocumentTemplates(BaseModel):
    nodes: list["DocumentTemplatesDocumentTemplatesNodes"]
    page_info: "DocumentTemplatesDocumentTemplatesPageInfo" = Field(alias="pageInfo")


class DocumentTemplatesDocumentTemplatesNodes(BaseModel):
    id: str
    name: str
    title: str
    description: str
    formats: list[DocumentFormat]


class DocumentTemplatesDocumentTemplatesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


DocumentTemplates.model_rebuild()
DocumentTemplatesDocumentTemplates.model_rebuild()
