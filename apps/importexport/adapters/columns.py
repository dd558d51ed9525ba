"""Columns that are given a wider type: what is in them is rewritten, and nothing of it lost."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

#: Values as the rows of datasets tell them, by the type of the column. Exports write millions of
#: them by these: `to_char` of a moment takes twice as long.
_TEXT_ON_POSTGRESQL: Final[Mapping[str, str]] = {
    "boolean": "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END",
    "numeric(38,20)": "trim_scale({})",
    "timestamp with time zone": "replace(({} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'",
}
_TEXT_ON_SQLITE: Final[Mapping[str, str]] = {
    "bool": "CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END",
    "datetime": (
        "CASE WHEN instr({0}, '.') THEN rtrim(replace({0}, ' ', 'T'), '0')"
        " ELSE replace({0}, ' ', 'T') END || 'Z'"
    ),
    "char(32)": (
        "substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4) || '-'"
        " || substr({0}, 17, 4) || '-' || substr({0}, 21)"
    ),
}


def as_text(vendor: str, type_: str, column: str) -> str:
    """Return the expression that tells a column of this type as text, the column in quotes."""
    if vendor == "sqlite":
        return _TEXT_ON_SQLITE.get(type_, "CAST({} AS text)").format(column)
    return _TEXT_ON_POSTGRESQL.get(type_, "{}::text").format(column)


def widened(vendor: str, table: str, column: str, was: str, now: str) -> Sequence[str]:
    """Return the statements that give a column another type."""
    return _BY_VENDOR[vendor](f'"{table}"', column, was, now)


def _on_postgresql(table: str, column: str, was: str, now: str) -> Sequence[str]:
    name = f'"{column}"'
    if now.startswith("text"):
        value = as_text("postgresql", was, name)
    elif was == "date":
        value = f"{name}::timestamp AT TIME ZONE 'UTC'"
    else:
        value = f"{name}::{now}"
    return [f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {now} USING ({value})"]


def _on_sqlite(table: str, column: str, was: str, now: str) -> Sequence[str]:
    name = f'"{column}"'
    value = f"{name} || ' 00:00:00'" if now == "datetime" else as_text("sqlite", was, name)
    return [
        f'ALTER TABLE {table} ADD COLUMN "w_{column}" {now}',
        f'UPDATE {table} SET "w_{column}" = {value}',  # noqa: S608  names of ours # nosec B608
        f"ALTER TABLE {table} DROP COLUMN {name}",
        f'ALTER TABLE {table} RENAME COLUMN "w_{column}" TO {name}',
    ]


_BY_VENDOR: Final[Mapping[str, Callable[[str, str, str, str], Sequence[str]]]] = {
    "postgresql": _on_postgresql,
    "sqlite": _on_sqlite,
}
