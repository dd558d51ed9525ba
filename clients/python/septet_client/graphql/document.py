from typing import Optional

from .base_model import BaseModel
from .fragments import DocumentFields


class Document(BaseModel):
    document: Optional["DocumentDocument"]


DocumentDocument = DocumentFields
Document.model_rebuild()
