"""What happens to imports and exports."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCreated(Event):
    """A table is to be brought in."""

    TYPE: ClassVar[str] = "importexport.import.created.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    format: str
    source_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCancelled(Event):
    """An import was stopped before its end."""

    TYPE: ClassVar[str] = "importexport.import.cancelled.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDeleted(Event):
    """An import is gone; its rows stay where they were brought."""

    TYPE: ClassVar[str] = "importexport.import.deleted.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
