"""Rows out of a table outside: one statement, so one snapshot, read while it goes on."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import sql

from apps.importexport.adapters.copying import copied_lines
from apps.importexport.adapters.externals.connecting import connected, in_schema, quoted
from apps.importexport.domain.externals.connections import External
from apps.importexport.domain.externals.tables import Column, Table
from apps.importexport.domain.formats.formulas import guarded_sql
from contracts.datasets import Kind, Row
from kernel.errors import InvalidInputError

#: Rows that are fetched at a time.
FETCHED: Final = 2_000
#: How a column is told, as rows of datasets are, by its type; all else as PostgreSQL writes it.
_TOLD: Final[Mapping[str, str]] = {
    "bool": "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END",
    "numeric": "trim_scale({0})::text",
    # Through text, which has as many digits as tell it from all others; and no exponent.
    **dict.fromkeys(("float4", "float8"), "trim_scale({0}::text::numeric)::text"),
    "timestamptz": "CASE WHEN isfinite({0}) THEN replace(({0} AT TIME ZONE 'UTC')::text, ' ', 'T')"
    " || 'Z' ELSE {0}::text END",
    # It names no zone: taken as UTC, here and on the way back.
    "timestamp": "CASE WHEN isfinite({0}) THEN replace({0}::text, ' ', 'T') || 'Z'"
    " ELSE {0}::text END",
}
#: From the text of a value to what a row of a dataset tells.
_VALUES: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.INTEGER: int,
    Kind.BOOLEAN: lambda text: text == "true",
    Kind.JSON: json.loads,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows of a table, which of its columns, in which order."""

    columns: tuple[Column, ...]
    filters: Mapping[str, Any] = field(default_factory=dict)
    #: Names, with `-` before one that falls.
    order: tuple[str, ...] = ()
    grows_by: str = ""
    since: str = ""
    until: str = ""


def asked_of(table: Table, names: Sequence[str], **more: Any) -> Asked:
    """Return what is asked; raises InvalidInputError for what the table does not have."""
    columns = tuple(_column(table, name) for name in names) or table.columns
    return Asked(columns=columns, **more)


def rows_of(to: External, table: Table, asked: Asked) -> Iterator[list[Row]]:
    """Yield rows, some at a time, by a cursor of the server's."""
    told = [sql.SQL(_told(one)) for one in asked.columns]
    statement, values = _select(to, table, asked, told)
    readers = [(one.name, _VALUES.get(one.kind, str)) for one in asked.columns]
    with (
        connected(to, seconds=to.export_seconds, read_only=True) as connection,
        connection.cursor("septet_export") as cursor,
    ):
        cursor.execute(statement, values)
        while found := cursor.fetchmany(FETCHED):
            yield [
                {
                    name: None if text is None else read(text)
                    for (name, read), text in zip(readers, texts, strict=True)
                }
                for texts in found
            ]


def lines_of(
    to: External, table: Table, asked: Asked, *, delimiter: str, guard: bool
) -> Iterator[tuple[int, bytearray]]:
    """Yield lines of CSV as PostgreSQL writes them (`COPY … TO`), and how many at a time."""
    alone = len(asked.columns) == 1
    told = [sql.SQL(_in_line(one, guard=guard, alone=alone)) for one in asked.columns]
    statement, values = _select(to, table, asked, told)
    copy = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, DELIMITER {})").format(
        statement, sql.Literal(delimiter)
    )
    with (
        connected(to, seconds=to.export_seconds, read_only=True) as connection,
        connection.cursor() as cursor,
        # COPY takes no parameters: they are quoted into its text.
        cursor.copy(copy, values) as stream,
    ):
        yield from copied_lines(stream, together=FETCHED)


def type_of(column: Column) -> sql.SQL:
    """Return a column's type as a cast names it, without a length."""
    return sql.SQL(column.type.replace("%", "%%"))


def _select(
    to: External, table: Table, asked: Asked, told: Sequence[sql.SQL]
) -> tuple[sql.Composed, list[Any]]:
    # A value at least: with none COPY's text is taken as it is, its percent signs too.
    conditions: list[sql.Composable] = [sql.SQL("%s::boolean")]
    values: list[Any] = [True]
    for name, value in asked.filters.items():
        condition, given = _filter(_column(table, name), value)
        conditions.append(condition)
        values += given
    for sign, moment in ((">=", asked.since), ("<", asked.until)):
        if moment:
            column = _column(table, asked.grows_by)
            conditions.append(_compared(column, sign))
            values.append(moment)
    order = [
        sql.SQL("{} {}").format(
            quoted(_column(table, name.removeprefix("-")).name),
            sql.SQL("DESC" if name.startswith("-") else "ASC"),
        )
        for name in asked.order
    ]
    statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        sql.SQL(", ").join(told), in_schema(to, table.name), sql.SQL(" AND ").join(conditions)
    )
    if order:
        statement += sql.SQL(" ORDER BY ") + sql.SQL(", ").join(order)
    return statement, values


def _filter(column: Column, value: Any) -> tuple[sql.Composed, list[Any]]:
    if column.kind is Kind.JSON:
        raise InvalidInputError(f"{column.name}: JSON is not filtered by")
    if value is None:
        return sql.SQL("{} IS NULL").format(quoted(column.name)), []
    if isinstance(value, list):
        return (
            sql.SQL("{} = ANY(%s::text[]::{}[])").format(quoted(column.name), _asked_as(column)),
            [[_text(one) for one in value]],
        )
    return _compared(column, "="), [_text(value)]


def _compared(column: Column, sign: str) -> sql.Composed:
    return sql.SQL("{} {} %s::text::{}").format(
        quoted(column.name), sql.SQL(sign), _asked_as(column)
    )


def _asked_as(column: Column) -> sql.SQL:
    # As a timestamp a moment would lose its offset; the session compares the two in UTC.
    return sql.SQL("timestamptz") if column.type_name == "timestamp" else type_of(column)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _column(table: Table, name: str) -> Column:
    found = table.column(name)
    if found is None:
        raise InvalidInputError(f"{table.name} has no field {str(name)[:80]!r}")
    return found


def _told(column: Column) -> str:
    return _TOLD.get(column.type_name, "{0}::text").format(quoted(column.name).as_string())


def _in_line(column: Column, *, guard: bool, alone: bool) -> str:
    text = _told(column)
    if guard and column.kind is Kind.TEXT:
        plain = f"ascii({text}) BETWEEN 65 AND 122 OR ascii({text}) BETWEEN 48 AND 57"
        text = f"CASE WHEN {plain} THEN {text} ELSE {guarded_sql(text)} END"
    # A line without anything would be taken for none.
    return f"coalesce({text}, '')" if alone else text
