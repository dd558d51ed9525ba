"""What happens to documents."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCreated(Event):
    """A document has been asked for."""

    TYPE: ClassVar[str] = "documents.document.created.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRenamed(Event):
    """A document has another title."""

    TYPE: ClassVar[str] = "documents.document.renamed.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str
    previous_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDeleted(Event):
    """A document is gone; the file it was made as stays."""

    TYPE: ClassVar[str] = "documents.document.deleted.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str
