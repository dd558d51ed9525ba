"""Rows of a table as one statement finds them: a snapshot, however long it is read."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import Func
from django.db.models.fields import TextField

from apps.importexport.adapters.columns import as_text
from apps.importexport.adapters.copying import copied_lines
from apps.importexport.domain.formats.formulas import guarded_sql
from apps.importexport.domain.tables.values import MASK
from apps.importexport.models.rows import DataRow, column_of
from contracts.datasets import Field, Kind

#: Rows that are fetched at a time.
FETCHED = 2_000
#: What PostgreSQL writes otherwise than datasets tell it.
_AS_TEXT = frozenset({Kind.BOOLEAN, Kind.DATETIME, Kind.DECIMAL})


def streamed(rows: QuerySet[DataRow], names: Sequence[str]) -> Iterator[list[Sequence[Any]]]:
    """Yield the values of fields, some rows at a time, as Python has them.

    It is one statement, which is read while it goes on: on PostgreSQL in a transaction, which a
    cursor needs there; on SQLite outside of one, so that nobody waits to write.
    """
    query = rows.values_list(*map(column_of, names)).query
    compiler = query.get_compiler(connection=connection)
    with _reading():
        found = compiler.results_iter(chunked_fetch=True, chunk_size=FETCHED)
        some: list[Sequence[Any]] = []
        for row in found:
            some.append(row)
            if len(some) == FETCHED:
                yield some
                some = []
        if some:
            yield some


def can_copy() -> bool:
    """Say whether the database writes CSV by itself."""
    return connection.vendor == "postgresql"


def copied(
    rows: QuerySet[DataRow],
    fields: Sequence[Field],
    *,
    delimiter: str,
    guard: bool,
    masked: frozenset[str],
) -> Iterator[tuple[int, bytearray]]:
    """Yield lines of CSV as PostgreSQL writes them (`COPY … TO`), and how many at a time."""
    told = {
        f"x{at}": _Told(one, guard=guard, masked=one.name in masked, alone=len(fields) == 1)
        for at, one in enumerate(fields)
    }
    query = rows.annotate(**told).values_list(*told).query
    statement, values = query.get_compiler(connection=connection).as_sql()
    copy = f"COPY ({statement}) TO STDOUT WITH (FORMAT csv, DELIMITER '{delimiter}')"
    with transaction.atomic(), connection.cursor() as cursor:
        # It is one statement until the last line is read, and its reader takes time as well.
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(copy, values) as stream:
            yield from copied_lines(stream, together=FETCHED)


class _Told(Func):
    """A column as rows of datasets tell it, guarded where it is a text."""

    def __init__(self, field: Field, *, guard: bool, masked: bool, alone: bool) -> None:
        super().__init__(column_of(field), output_field=TextField())
        self.told, self.guard, self.masked, self.alone = field, guard, masked, alone

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # Django's own is looser
        """Return the expression; it takes no values."""
        column, values = compiler.compile(self.source_expressions[0])
        if self.masked:
            text = f"CASE WHEN {column} IS NOT NULL THEN '{MASK}' END"
        elif self.told.kind == Kind.TEXT:
            text = _guarded(column) if self.guard else column
        elif self.told.kind in _AS_TEXT:
            type_ = self.source_expressions[0].output_field.db_type(connection) or ""
            text = as_text("postgresql", type_.replace(", ", ","), column)
        else:
            text = column
        if self.alone:
            # A line without anything would be taken for none.
            text = f"coalesce({text}::text, '')"
        # What is no value is not to be taken for the place of one.
        return text.replace("%", "%%"), list(values)


def _guarded(column: str) -> str:
    # Most texts begin with a letter or a digit, which the rule leaves as they are. To see that by a
    # comparison costs a fraction of the rule's regular expressions.
    plain = f"ascii({column}) BETWEEN 65 AND 122 OR ascii({column}) BETWEEN 48 AND 57"
    return f"CASE WHEN {plain} THEN {column} ELSE {guarded_sql(column)} END"


def _reading() -> AbstractContextManager[Any]:
    return nullcontext() if connection.vendor == "sqlite" else transaction.atomic()
