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


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReady(Event):
    """A document is made, and the files service has it."""

    TYPE: ClassVar[str] = "documents.document.ready.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str
    format: str
    file_id: str
    pages: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFailed(Event):
    """A document cannot be made; the reason has a stable code."""

    TYPE: ClassVar[str] = "documents.document.failed.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str
    error_code: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCancelled(Event):
    """Somebody has taken a document back that was not made yet."""

    TYPE: ClassVar[str] = "documents.document.cancelled.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRetried(Event):
    """A document that failed, or was taken back, is made once more."""

    TYPE: ClassVar[str] = "documents.document.retried.v1"
    ENTITY: ClassVar[str] = "Document"
    SUBJECT: ClassVar[str] = "document_id"
    LABEL: ClassVar[str] = "title"

    document_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchCreated(Event):
    """Documents of many sets of data have been asked for."""

    TYPE: ClassVar[str] = "documents.batch.created.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
    format: str
    #: zip or merged.
    packing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchFinished(Event):
    """A batch is through, and the files service has what was made; some items may have failed."""

    TYPE: ClassVar[str] = "documents.batch.finished.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
    file_id: str
    made: int
    failed: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchFailed(Event):
    """A batch has come to no file; the reason has a stable code."""

    TYPE: ClassVar[str] = "documents.batch.failed.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
    error_code: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchCancelled(Event):
    """Somebody has stopped a batch; what was made of it is kept for going on."""

    TYPE: ClassVar[str] = "documents.batch.cancelled.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchResumed(Event):
    """A batch goes on with the items that were not made, or failed."""

    TYPE: ClassVar[str] = "documents.batch.resumed.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatchDeleted(Event):
    """A batch is gone with its items; the file it was made as stays."""

    TYPE: ClassVar[str] = "documents.batch.deleted.v1"
    ENTITY: ClassVar[str] = "DocumentBatch"
    SUBJECT: ClassVar[str] = "batch_id"
    LABEL: ClassVar[str] = "title"

    batch_id: str
    title: str
