"""How PostgreSQL and SQLite say what they say differently."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol
from uuid import UUID

import polars as pl

from apps.importexport.domain.checking.frames import copy_bytes
from apps.importexport.services.staging.target import Target

STAGED = "importexport_staged"
FOUND = "importexport_found"
POSITION = "position"


class Dialect(Protocol):
    """What is different."""

    #: What ends a temporary table.
    dropped: str
    #: Keeps others from changing rows that were found.
    locking: str

    def fill(self, cursor: Any, target: Target, frame: pl.DataFrame) -> None:
        """Stage the rows of a frame: their positions, then the columns of the target."""
        ...

    def id_of(self, target: Target) -> str:
        """Return the expression for the id that a staged row `s` gets."""
        ...

    def numbered(self, prefix: str) -> str:
        """Return the expression for ids of rows `t` that are made of their numbers."""
        ...

    def uuid(self, value: UUID) -> Any:
        """Return a UUID as the tables hold it."""
        ...

    def image(self, columns: Sequence[str]) -> str:
        """Return the expression for what a row `t` holds, as JSON."""
        ...

    def imaged(self, table: str, column: str) -> str:
        """Return the expression for a column of what an image `i` holds."""
        ...

    def holds(self, column: str) -> str:
        """Return the expression for whether an image `i` has a column."""
        ...

    def by_index(self, cursor: Any) -> AbstractContextManager[None]:
        """Give a block whose joins look rows up by an index, whatever is known of the tables."""
        ...


def dialect_of(vendor: str) -> Dialect:
    """Return that of a database."""
    return PostgreSQL() if vendor == "postgresql" else SQLite()


class PostgreSQL:
    """COPY, types as declared, and a planner that knows nothing of temporary tables."""

    dropped = "ON COMMIT DROP"
    locking = "FOR UPDATE OF t"

    def fill(self, cursor: Any, target: Target, frame: pl.DataFrame) -> None:
        columns = ", ".join(f'"{name}"' for name in (POSITION, *target.columns))
        with cursor.copy(f"COPY {STAGED} ({columns}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(copy_bytes(frame))

    def id_of(self, target: Target) -> str:
        return f"('{target.prefix}' || lpad(to_hex(s.{POSITION}), 8, '0'))::uuid"

    def numbered(self, prefix: str) -> str:
        return f"('{prefix}' || lpad(to_hex(row_number() OVER (ORDER BY t.id)), 8, '0'))::uuid"

    def uuid(self, value: UUID) -> Any:
        return value

    def image(self, _columns: Sequence[str]) -> str:
        return "to_jsonb(t)"

    def imaged(self, table: str, column: str) -> str:
        return f'(jsonb_populate_record(NULL::"{table}", i.image))."{column}"'

    def holds(self, column: str) -> str:
        return f"i.image ? '{column}'"

    @contextmanager
    def by_index(self, cursor: Any) -> Iterator[None]:
        # A table that an import fills has no statistics yet: the planner would hash all of it, for
        # every piece, where some thousand rows are looked up.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        yield
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")


class SQLite:
    """Rows one by one, as Django keeps their types."""

    dropped = ""
    locking = ""

    def fill(self, cursor: Any, target: Target, frame: pl.DataFrame) -> None:
        places = ", ".join(["%s"] * (len(target.columns) + 1))
        rows = [
            (row[0], *(keep(value) for keep, value in zip(target.kept, row[1:], strict=True)))
            for row in frame.iter_rows()
        ]
        cursor.executemany(f"INSERT INTO {STAGED} VALUES ({places})", rows)  # noqa: S608  a name of our own # nosec B608

    def id_of(self, target: Target) -> str:
        # Two signs, as it goes through a cursor of Django's.
        return f"('{target.prefix}' || printf('%%08x', s.{POSITION}))"

    def numbered(self, prefix: str) -> str:
        return f"('{prefix}' || printf('%%08x', row_number() OVER (ORDER BY t.id)))"

    def uuid(self, value: UUID) -> Any:
        return value.hex

    def image(self, columns: Sequence[str]) -> str:
        pairs = ", ".join(f"'{name}', t.\"{name}\"" for name in columns)
        return f"json_object({pairs})"

    def imaged(self, _table: str, column: str) -> str:
        return f"json_extract(i.image, '$.\"{column}\"')"

    def holds(self, column: str) -> str:
        return f"json_type(i.image, '$.\"{column}\"') IS NOT NULL"

    @contextmanager
    def by_index(self, _cursor: Any) -> Iterator[None]:
        yield
