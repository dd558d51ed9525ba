"""Which staged rows cannot be brought, by what is in the tables and among them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import polars as pl

from apps.importexport.domain.conflicts import (
    Conflict,
    Judge,
    Refused,
    There,
    Value,
    conflicting,
)
from apps.importexport.services.staging.dialects import FOUND, POSITION, STAGED, Dialect
from apps.importexport.services.staging.target import Linked, Target

_ASKED_AT_ONCE = 500


def unlinked(cursor: Any, target: Target, dialect: Dialect) -> list[Refused]:
    """Return those that name a row of another table which is not there."""
    return [
        refused for link in target.links for refused in _unlinked(cursor, target, link, dialect)
    ]


def taken(cursor: Any, target: Target, dialect: Dialect) -> dict[int, set[str]]:
    """Return those whose unique values other rows have, with the fields of these values."""
    found: dict[int, set[str]] = {}
    for column in target.unique:
        for position in _taken(cursor, target, column, dialect):
            found.setdefault(position, set()).add(target.field_of(column))
    return found


def may_repeat(frame: pl.DataFrame, target: Target) -> bool:
    """Say whether two rows of a frame have the same key, or the same value of a unique field."""
    keys = [target.field_of(column) for column in target.key]
    if frame.select(keys).n_unique() != frame.height:
        return True
    for column in target.unique:
        values = frame.get_column(target.field_of(column)).drop_nulls()
        if values.n_unique() != len(values):
            return True
    return False


def judged(
    cursor: Any,
    frame: pl.DataFrame,
    target: Target,
    *,
    out: Collection[int],
    taken: dict[int, set[str]],
    seen: dict[int, set[str]],
    repeats: bool,
) -> list[Refused]:
    """Return those that are refused by their key or a unique value, but for those that are out.

    Without any that may repeat another only those are looked at that what was there concerns.
    """
    cursor.execute(f"SELECT {POSITION}, ours FROM {FOUND}")  # noqa: S608  names of our own # nosec B608
    judge = Judge(
        mode=target.mode,
        key=", ".join(map(target.field_of, target.key)),
        unique=[target.field_of(column) for column in target.unique],
        there=There(
            found={at: bool(ours) for at, ours in cursor.fetchall()}, taken=taken, seen=seen
        ),
    )
    rows = [
        row
        for row in _named_values(frame, target)
        if row[0] not in out and (repeats or judge.concerns(row[0]))
    ]
    return judge.refused(rows)


def _named_values(
    frame: pl.DataFrame, target: Target
) -> Iterator[tuple[int, Value, Sequence[Value]]]:
    """Yield of each row its position, its key and its unique values."""
    columns = (*target.key, *target.unique)
    count = len(target.key)
    for row in frame.select("row", *map(target.field_of, columns)).iter_rows():
        own, others = row[1 : count + 1], row[count + 1 :]
        yield (
            row[0],
            None if None in own else own,
            [None if value is None else (value,) for value in others],
        )


def _unlinked(cursor: Any, target: Target, link: Linked, dialect: Dialect) -> list[Refused]:
    before = " AND NOT coalesce(t.batch_id = %s, false)" if link.is_same_table else ""
    values = [dialect.uuid(target.tenant_id), dialect.uuid(target.import_id)]
    there = dialect.lookup("1", link.table, {link.of_column: "v.value"}, before)
    with dialect.by_index(cursor):
        cursor.execute(
            # Each value once: there are fewer of them than rows.
            f'SELECT value FROM (SELECT DISTINCT "{link.column}" AS value FROM {STAGED}'  # noqa: S608  names of our own # nosec B608
            f' WHERE "{link.column}" IS NOT NULL) v WHERE ({there}) IS NULL',
            values if before else values[:1],
        )
        gone = [value for (value,) in cursor.fetchall()]
    positions = _with_values(cursor, link.column, gone)
    return [
        conflicting(
            position,
            Conflict.NO_SUCH_ROW,
            column=target.field_of(link.column),
            about=link.dataset,
        )
        for position in positions
    ]


def _with_values(cursor: Any, column: str, values: list[Any]) -> list[int]:
    """Return the staged rows that have one of these values."""
    found: list[int] = []
    for at in range(0, len(values), _ASKED_AT_ONCE):
        some = values[at : at + _ASKED_AT_ONCE]
        places = ", ".join(["%s"] * len(some))
        cursor.execute(f'SELECT {POSITION} FROM {STAGED} WHERE "{column}" IN ({places})', some)  # noqa: S608  names of our own # nosec B608
        found += [position for (position,) in cursor.fetchall()]
    return found


def _taken(cursor: Any, target: Target, column: str, dialect: Dialect) -> list[int]:
    same = " AND ".join(f't."{name}" = s."{name}"' for name in target.key)
    other = dialect.lookup("1", target.table, {column: f's."{column}"'}, f" AND NOT ({same})")
    with dialect.by_index(cursor):
        cursor.execute(
            f"SELECT s.{POSITION} FROM {STAGED} s WHERE ({other}) IS NOT NULL",  # noqa: S608  names of our own # nosec B608
            [dialect.uuid(target.tenant_id)],
        )
        return [position for (position,) in cursor.fetchall()]
