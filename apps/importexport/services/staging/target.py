"""Where rows go: a physical table, its columns, and what this import is to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.datasets import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A column whose values are those of a column of another table."""

    column: str
    table: str
    of_column: str
    dataset: str
    #: Of rows this import has brought itself none counts: whether it has depends on the pieces.
    is_same_table: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table that an import writes; columns are named as the database names them."""

    table: str
    tenant_id: UUID
    import_id: UUID
    #: Of a dry run; 0 of the import itself, which goes on in another where it was.
    round: int
    mode: Mode
    #: The fields of the frame, the columns that they are kept in, and, where a database has not
    #: all of their types, how a value is kept there.
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    kept: tuple[Callable[[Any], Any], ...]
    #: All that the table has.
    all_columns: tuple[str, ...]
    key: tuple[str, ...]
    unique: tuple[str, ...] = ()
    links: Sequence[Linked] = ()
    now: datetime
    #: The first 24 hexadecimal digits of the ids of new rows; the rest is their place.
    prefix: str

    def field_of(self, column: str) -> str:
        """Return the field that a column holds."""
        return self.fields[self.columns.index(column)]
