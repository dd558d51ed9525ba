"""How PostgreSQL and SQLite say what they say differently."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
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

    def digest(self, salt: str, values: Sequence[str]) -> str:
        """Return the expression for a UUID that tells these values from all others."""
        ...

    def among(self, rows: str) -> str:
        """Return the condition that a row is one of those of a query, told from its FROM on."""
        ...

    def alike(self, columns: Sequence[str]) -> str:
        """Return the condition that a staged row `s` and the row `t` hold the same."""
        ...

    def lookup(self, wanted: str, table: str, same: Mapping[str, str], also: str = "") -> str:
        """Return the query for the row `t` of a tenant whose columns are these expressions.

        They are those of an index, and it is the one that is looked into. Its first value is the
        tenant.
        """
        ...

    def found(self, table: str, same: Mapping[str, str]) -> str:
        """Return the join of staged rows with the row `t`, locked, that has the same columns."""
        ...

    def of_found(self, table: str) -> str:
        """Return the condition that a row of a table was found, to be asked of an index."""
        ...

    def by_index(self, cursor: Any) -> AbstractContextManager[None]:
        """Give a block for statements with lookups."""
        ...

    def by_hash(self, cursor: Any) -> AbstractContextManager[None]:
        """Give a block whose joins read each side once, whatever is known of the tables."""
        ...


def dialect_of(vendor: str) -> Dialect:
    """Return that of a database."""
    return PostgreSQL() if vendor == "postgresql" else SQLite()


class PostgreSQL:
    """COPY, types as declared, and a planner that is not to be asked in which order.

    It knows nothing of temporary tables, and of the others what was so once: one whose rows were
    all taken back counts as empty until it is analysed again. Then a loop may begin there, and an
    index be read by its tenant alone: each row of a piece meets each of the table, for minutes.
    """

    dropped = "ON COMMIT DROP"

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

    def digest(self, salt: str, values: Sequence[str]) -> str:
        row = f"ROW('{salt}', {', '.join(values)})::text"
        return f"encode(substr(sha256(convert_to({row}, 'UTF8')), 1, 16), 'hex')::uuid"

    def among(self, rows: str) -> str:
        # By where they are: joined with itself, a table is read once for each of them.
        return f"ctid = ANY(ARRAY(SELECT ctid {rows}))"

    def alike(self, columns: Sequence[str]) -> str:
        ours, theirs = (", ".join(f'{row}."{name}"' for name in columns) for row in "st")
        return f"ROW({ours}) IS NOT DISTINCT FROM ROW({theirs})"

    def lookup(self, wanted: str, table: str, same: Mapping[str, str], also: str = "") -> str:
        # Of a table that is taken for empty all indexes cost the same, as each begins with the
        # tenant. In this order rows come from one of them alone; told as equal they have no order.
        columns = ", ".join(f't."{name}"' for name in same)
        values = ", ".join(same.values())
        return (
            f'SELECT {wanted} FROM "{table}" t WHERE t.tenant_id = %s'  # noqa: S608  names of our own # nosec B608
            f" AND ({columns}) >= ({values}) AND ({columns}) <= ({values}){also}"
            f" ORDER BY {columns} LIMIT 1"
        )

    def found(self, table: str, same: Mapping[str, str]) -> str:
        lookup = self.lookup("t.*", table, same)
        return f"CROSS JOIN LATERAL ({lookup} FOR UPDATE) t"

    def of_found(self, table: str) -> str:
        return f'"{table}".id = ANY(ARRAY(SELECT found_id FROM {FOUND}))'  # noqa: S608  names of our own # nosec B608

    def by_index(self, cursor: Any) -> AbstractContextManager[None]:
        # What is looked up some thousand times is not worth compiling.
        return _without(cursor, "enable_sort", "enable_seqscan", "jit")

    def by_hash(self, cursor: Any) -> AbstractContextManager[None]:
        return _without(cursor, "enable_nestloop")


class SQLite:
    """Rows one by one, as Django keeps their types."""

    dropped = ""

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

    def digest(self, salt: str, values: Sequence[str]) -> str:
        return f"substr(SHA256(json_array('{salt}', {', '.join(values)})), 1, 32)"

    def among(self, rows: str) -> str:
        return f"rowid IN (SELECT rowid {rows})"

    def alike(self, columns: Sequence[str]) -> str:
        return " AND ".join(f's."{name}" IS t."{name}"' for name in columns)

    def lookup(self, wanted: str, table: str, same: Mapping[str, str], also: str = "") -> str:
        return f'SELECT {wanted} FROM "{table}" t WHERE {_alike(same)}{also} LIMIT 1'  # noqa: S608  names of our own # nosec B608

    def found(self, table: str, same: Mapping[str, str]) -> str:
        return f'JOIN "{table}" t ON {_alike(same)}'

    def of_found(self, _table: str) -> str:
        return "true"

    def by_index(self, _cursor: Any) -> AbstractContextManager[None]:
        return nullcontext()

    def by_hash(self, _cursor: Any) -> AbstractContextManager[None]:
        return nullcontext()


def _alike(same: Mapping[str, str]) -> str:
    return " AND ".join(
        ["t.tenant_id = %s", *(f't."{name}" = {value}' for name, value in same.items())]
    )


@contextmanager
def _without(cursor: Any, *ways: str) -> Iterator[None]:
    """Give a block for which the planner of PostgreSQL leaves out some ways."""
    cursor.execute("; ".join(f"SET LOCAL {way} = off" for way in ways))
    yield
    cursor.execute("; ".join(f"SET LOCAL {way} = DEFAULT" for way in ways))
