"""What happens to files."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCreated(Event):
    """A file is known and quarantined, whatever becomes of its bytes."""

    TYPE: ClassVar[str] = "files.file.created.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRenamed(Event):
    """A file has another name."""

    TYPE: ClassVar[str] = "files.file.renamed.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    previous_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeleted(Event):
    """A file is gone; what refers to it shows nothing in its place."""

    TYPE: ClassVar[str] = "files.file.deleted.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
