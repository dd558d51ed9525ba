"""Keys and unique values that an import has met in its source, where the table does not tell it.

Of a dry run they are those of all rows that could be brought, of an import the keys of rows that it
left as they were. Each is kept as a digest of import, round, columns and values, which the database
makes of what it holds: what is alike to it has the same.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from apps.importexport.models import SeenKey
from apps.importexport.services.staging.dialects import (
    FOUND,
    POSITION,
    STAGED,
    Dialect,
    dialect_of,
)
from apps.importexport.services.staging.target import Target

_SEEN = SeenKey._meta.db_table  # noqa: SLF001  Django's documented API


def seen_before(cursor: Any, target: Target, dialect: Dialect, *, dry: bool) -> dict[int, set[str]]:
    """Return staged rows whose key or unique values were met, with the fields; "" is the key."""
    found: dict[int, set[str]] = {}
    watched = _watched(target) if dry else {"": target.key}
    for name, columns in watched.items():
        seen = is_seen(target.import_id, target.round, columns, "s", dialect)
        with dialect.by_index(cursor):
            cursor.execute(
                f"SELECT s.{POSITION} FROM {STAGED} s"  # noqa: S608  names of our own # nosec B608
                f" WHERE {seen}"
            )
            for (position,) in cursor.fetchall():
                found.setdefault(position, set()).add(name)
    return found


def keep_staged(cursor: Any, target: Target, dialect: Dialect) -> None:
    """Keep the key and the unique values of all staged rows, none of which was met before."""
    for columns in _watched(target).values():
        _keep(cursor, target, dialect, columns, f'{STAGED} s WHERE s."{columns[0]}" IS NOT NULL')


def keep_unchanged(cursor: Any, target: Target, dialect: Dialect) -> None:
    """Unstage rows that are there as they come, and keep their keys."""
    _keep(cursor, target, dialect, target.key, f"{FOUND} s WHERE s.same")
    same = f"SELECT {POSITION} FROM {FOUND} WHERE same"  # noqa: S608  names of our own # nosec B608
    cursor.execute(f"DELETE FROM {STAGED} WHERE {POSITION} IN ({same})")  # noqa: S608  names of our own # nosec B608
    cursor.execute(f"DELETE FROM {FOUND} WHERE same")  # noqa: S608  a name of our own # nosec B608


def forget_some(import_id: UUID, round_: int, *, most: int) -> int:
    """Forget some of what a round of an import has seen, and return how many."""
    dialect = dialect_of(connection.vendor)
    some = f"FROM {_SEEN} WHERE import_id = %s AND round = %s LIMIT {int(most)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_SEEN} WHERE {dialect.among(some)}",  # noqa: S608  names of our own # nosec B608
            [dialect.uuid(import_id), round_],
        )
        return int(cursor.rowcount)


def is_seen(
    import_id: UUID, round_: int, columns: Sequence[str], row: str, dialect: Dialect
) -> str:
    """Return the condition that a round of an import has met the values of a row before."""
    digest = _digest(import_id, round_, columns, row, dialect)
    return f'(SELECT 1 FROM "{_SEEN}" k WHERE k.id = {digest} LIMIT 1) IS NOT NULL'  # noqa: S608  names of our own # nosec B608


def _keep(
    cursor: Any, target: Target, dialect: Dialect, columns: tuple[str, ...], rows: str
) -> None:
    digest = _digest(target.import_id, target.round, columns, "s", dialect)
    cursor.execute(
        f'INSERT INTO "{_SEEN}" (id, tenant_id, import_id, round)'  # noqa: S608  names of our own # nosec B608
        f" SELECT {digest}, %s, %s, %s FROM {rows}",
        [dialect.uuid(target.tenant_id), dialect.uuid(target.import_id), target.round],
    )


def _watched(target: Target) -> dict[str, tuple[str, ...]]:
    return {"": target.key, **{target.field_of(one): (one,) for one in target.unique}}


def _digest(
    import_id: UUID, round_: int, columns: Sequence[str], row: str, dialect: Dialect
) -> str:
    salt = f"{import_id.hex} {round_} {' '.join(columns)}"
    return dialect.digest(salt, [f'{row}."{name}"' for name in columns])
