"""What an import wrote is taken back, some rows at a time, in the caller's transaction."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.importexport.models import RowImage
from apps.importexport.services.staging.dialects import Dialect, dialect_of
from apps.importexport.services.staging.seen import is_seen

_IMAGES = RowImage._meta.db_table  # noqa: SLF001  Django's documented API


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The table that an import wrote, by what the database calls it and its columns."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    tenant_id: UUID
    import_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How many rows were gone through, and how many are as they were."""

    seen: int
    undone: int
    #: The last of the rows gone through.
    last: UUID | None


def restore_some(brought: Brought, *, most: int) -> Undone:
    """Let rows be what their images say, and forget those; rows that others changed stay."""
    dialect = dialect_of(connection.vendor)
    with connection.cursor() as cursor:
        images = list(
            RowImage.objects.filter(import_id=brought.import_id)
            .order_by("id")
            .values_list("id", "row_id", "removed")[:most]
        )
        changed = [(id_, row_id) for id_, row_id, removed in images if not removed]
        gone = [id_ for id_, _, removed in images if removed]
        undone = _restore(cursor, brought, dialect, changed) if changed else 0
        undone += _insert_again(cursor, brought, dialect, gone) if gone else 0
        RowImage.objects.filter(pk__in=[id_ for id_, *_ in images]).delete()
    return Undone(seen=len(images), undone=undone, last=None)


def delete_some(brought: Brought, *, after: UUID | None, most: int) -> Undone:
    """Delete rows that the import made and nobody has changed since, in the order of their ids."""
    dialect = dialect_of(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id FROM "{brought.table}" WHERE tenant_id = %s AND batch_id = %s'  # noqa: S608  names of our own # nosec B608
            f"{' AND id > %s' if after else ''} ORDER BY id LIMIT {int(most)}",
            [
                dialect.uuid(brought.tenant_id),
                dialect.uuid(brought.import_id),
                *([dialect.uuid(after)] if after else []),
            ],
        )
        ids = [id_ for (id_,) in cursor.fetchall()]
        if not ids:
            return Undone(seen=0, undone=0, last=None)
        cursor.execute(
            f'DELETE FROM "{brought.table}" WHERE tenant_id = %s AND batch_id = %s'  # noqa: S608  names of our own # nosec B608
            f" AND id >= %s AND id <= %s",
            [
                dialect.uuid(brought.tenant_id),
                dialect.uuid(brought.import_id),
                ids[0],
                ids[-1],
            ],
        )
        return Undone(seen=len(ids), undone=int(cursor.rowcount), last=_id(ids[-1]))


def remove_some(brought: Brought, *, after: UUID | None, most: int, prefix: str) -> Undone:
    """Delete rows that the import did not bring nor leave as they were, and keep their images."""
    dialect = dialect_of(connection.vendor)
    unchanged = is_seen(brought.import_id, 0, brought.key, "t", dialect)
    others = f"t.tenant_id = %s AND NOT coalesce(t.batch_id = %s, false) AND NOT ({unchanged})"
    own = [dialect.uuid(brought.tenant_id), dialect.uuid(brought.import_id)]
    with connection.cursor() as cursor, dialect.by_index(cursor):
        cursor.execute(
            f'SELECT t.id FROM "{brought.table}" t WHERE {others}'  # noqa: S608  names of our own # nosec B608
            f"{' AND t.id > %s' if after else ''} ORDER BY t.id LIMIT {int(most)}",
            [*own, *([dialect.uuid(after)] if after else [])],
        )
        ids = [id_ for (id_,) in cursor.fetchall()]
        if not ids:
            return Undone(seen=0, undone=0, last=None)
        bounds = f"{others} AND t.id >= %s AND t.id <= %s"
        within = [*own, ids[0], ids[-1]]
        cursor.execute(
            f'INSERT INTO "{_IMAGES}" (id, tenant_id, import_id, row_id, image, removed)'  # noqa: S608  names of our own # nosec B608
            f" SELECT {dialect.numbered(prefix)}, %s, %s, t.id,"
            f" {dialect.image(brought.columns)}, true"
            f' FROM "{brought.table}" t WHERE {bounds}',
            [*own, *within],
        )
        cursor.execute(f'DELETE FROM "{brought.table}" AS t WHERE {bounds}', within)  # noqa: S608  names of our own # nosec B608
        return Undone(seen=len(ids), undone=int(cursor.rowcount), last=_id(ids[-1]))


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(hex=value)


def _restore(
    cursor: Any, brought: Brought, dialect: Dialect, images: list[tuple[UUID, UUID]]
) -> int:
    table = brought.table
    columns = [name for name in brought.columns if name != "id"]
    values = ", ".join(
        f'"{name}" = CASE WHEN {dialect.holds(name)} THEN {dialect.imaged(table, name)}'
        f' ELSE "{table}"."{name}" END'
        for name in columns
    )
    places = ", ".join(["%s"] * len(images))
    told = [*(one for one, _ in images), *(row for _, row in images), brought.import_id]
    with dialect.by_hash(cursor):
        cursor.execute(
            f'UPDATE "{table}" SET {values} FROM "{_IMAGES}" i'  # noqa: S608  names of our own # nosec B608
            f' WHERE i.id IN ({places}) AND "{table}".id IN ({places})'
            f' AND "{table}".id = i.row_id AND "{table}".batch_id = %s',
            list(map(dialect.uuid, told)),
        )
        return int(cursor.rowcount)


def _insert_again(cursor: Any, brought: Brought, dialect: Dialect, images: list[UUID]) -> int:
    names = ", ".join(f'"{name}"' for name in brought.columns)
    values = ", ".join(dialect.imaged(brought.table, name) for name in brought.columns)
    places = ", ".join(["%s"] * len(images))
    cursor.execute(
        f'INSERT INTO "{brought.table}" ({names}) SELECT {values} FROM "{_IMAGES}" i'  # noqa: S608  names of our own # nosec B608
        f" WHERE i.id IN ({places}) ON CONFLICT DO NOTHING",
        list(map(dialect.uuid, images)),
    )
    return int(cursor.rowcount)
