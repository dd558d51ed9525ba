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


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableCreated(Event):
    """A tenant has described a table of its own."""

    TYPE: ClassVar[str] = "importexport.table.created.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str
    fields: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableDescribed(Event):
    """A table is described anew: rows follow, if they have to."""

    TYPE: ClassVar[str] = "importexport.table.described.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableArchived(Event):
    """A table is read from now on, and not written."""

    TYPE: ClassVar[str] = "importexport.table.archived.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableRestored(Event):
    """A table that was archived is written again."""

    TYPE: ClassVar[str] = "importexport.table.restored.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableDeleted(Event):
    """A table is gone with all its rows."""

    TYPE: ClassVar[str] = "importexport.table.deleted.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTableRowChanged(Event):
    """Somebody has added, changed or removed a row of a table by hand."""

    TYPE: ClassVar[str] = "importexport.row.changed.v1"
    ENTITY: ClassVar[str] = "DataTable"
    SUBJECT: ClassVar[str] = "table_id"
    LABEL: ClassVar[str] = "name"

    table_id: str
    name: str
    row_id: str
    #: added, updated or deleted.
    change: str
    #: The fields that have another value now.
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCreated(Event):
    """Rows are to be taken out into a file."""

    TYPE: ClassVar[str] = "importexport.export.created.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str
    #: What of: a dataset, or empty for a question to the graph.
    dataset: str
    format: str
    series: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStarted(Event):
    """A job has begun to write an export; told once, however often it begins anew."""

    TYPE: ClassVar[str] = "importexport.export.started.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFinished(Event):
    """An export is written, and the files service has it."""

    TYPE: ClassVar[str] = "importexport.export.finished.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str
    dataset: str
    format: str
    #: In the order of its parts; one, unless it was split.
    file_ids: tuple[str, ...]
    rows: int
    size_bytes: int
    series: str = ""
    #: Up to when it has the changes of rows, of one that has those only.
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFailed(Event):
    """An export comes to no file; the reason has a stable code."""

    TYPE: ClassVar[str] = "importexport.export.failed.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str
    error_code: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCancelled(Event):
    """Somebody has stopped an export; nothing of it is kept."""

    TYPE: ClassVar[str] = "importexport.export.cancelled.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRetried(Event):
    """An export that failed, or was stopped, is written once more."""

    TYPE: ClassVar[str] = "importexport.export.retried.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportExpired(Event):
    """The files of an export were kept as long as they are, and are gone."""

    TYPE: ClassVar[str] = "importexport.export.expired.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDeleted(Event):
    """An export is gone; its files stay."""

    TYPE: ClassVar[str] = "importexport.export.deleted.v1"
    ENTITY: ClassVar[str] = "ExportJob"
    SUBJECT: ClassVar[str] = "export_id"
    LABEL: ClassVar[str] = "name"

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAnalysed(Event):
    """The source of an import was looked at: it can be described, checked, started."""

    TYPE: ClassVar[str] = "importexport.import.analysed.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    format: str
    columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChecked(Event):
    """A dry run went over all rows of an import; so many of them cannot be brought."""

    TYPE: ClassVar[str] = "importexport.import.checked.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    rows: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportStarted(Event):
    """The rows of an import are to be brought into a dataset."""

    TYPE: ClassVar[str] = "importexport.import.started.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPaused(Event):
    """An import rests, with so many rows read."""

    TYPE: ClassVar[str] = "importexport.import.paused.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResumed(Event):
    """An import goes on from where it was, with so many rows read."""

    TYPE: ClassVar[str] = "importexport.import.resumed.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished(Event):
    """An import is through: what became of its rows."""

    TYPE: ClassVar[str] = "importexport.import.finished.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    dataset: str
    inserted: int
    updated: int
    #: Of a table that it replaces: what it did not bring.
    removed: int
    failed: int
    #: There already with the same values.
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFailed(Event):
    """An import does not go on; rows that it has brought stay."""

    TYPE: ClassVar[str] = "importexport.import.failed.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    error_code: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRowsRepaired(Event):
    """Rows that failed in an import were mended: they are an import of their own."""

    TYPE: ClassVar[str] = "importexport.import.repaired.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    repair_id: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone(Event):
    """Rows are as they were before an import, but for those that were changed since."""

    TYPE: ClassVar[str] = "importexport.import.undone.v1"
    ENTITY: ClassVar[str] = "ImportJob"
    SUBJECT: ClassVar[str] = "import_id"
    LABEL: ClassVar[str] = "name"

    import_id: str
    name: str
    undone: int
    kept: int


def batch_key(import_id: str, number: int) -> str:
    """Return by which key the owner of a dataset knows a batch of an import, counted from 0."""
    return f"import:{import_id}:{number}"
