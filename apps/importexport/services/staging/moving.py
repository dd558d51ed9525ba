"""A piece of rows goes into its table, in the transaction of who asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db import IntegrityError, connection, transaction

from apps.importexport.domain.conflicts import Refused
from apps.importexport.models import RowImage
from apps.importexport.services.staging.dialects import (
    FOUND,
    POSITION,
    STAGED,
    Dialect,
    dialect_of,
)
from apps.importexport.services.staging.judging import judged, may_repeat, taken, unlinked
from apps.importexport.services.staging.seen import keep_staged, keep_unchanged, seen_before
from apps.importexport.services.staging.target import Target
from contracts.datasets import Mode
from kernel.errors import DomainError
from kernel.faults import fault_point

_DELETED_AT_ONCE = 500
_IMAGES = RowImage._meta.db_table  # noqa: SLF001  Django's documented API


class RacedError(DomainError):
    """Somebody wrote rows with the same keys at the same time; done again, they are seen."""

    code = "IMPORTEXPORT_RACED"
    status = 503
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of the rows of a piece."""

    inserted: int = 0
    updated: int = 0
    #: Those that were there as they come; they are left alone.
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    #: Some met rows that were there.
    met: bool = False


def write(
    frame: pl.DataFrame, target: Target, *, dry: bool = False, hopeful: bool = True
) -> Written:
    """Bring the rows of a frame, and return which were refused and why.

    `dry` writes none, and keeps what later pieces have to know of them.
    `hopeful` tries first whether all rows are new, which costs less than to ask for each.
    Raises RacedError.
    """
    dialect = dialect_of(connection.vendor)
    with connection.cursor() as cursor:
        _stage(cursor, frame, target, dialect)
        refused = unlinked(cursor, target, dialect)
        _unstage(cursor, refused, STAGED)
        out = {one.position for one in refused}
        in_use = taken(cursor, target, dialect)
        repeats = may_repeat(frame, target)
        if hopeful and not dry and not repeats and not in_use and target.mode is not Mode.UPDATE:
            inserted = _insert_if_new(cursor, target, dialect)
            if inserted is not None:
                return Written(inserted=inserted, refused=refused)
        _find(cursor, target, dialect)
        others = judged(
            cursor,
            frame,
            target,
            out=out,
            taken=in_use,
            seen=seen_before(cursor, target, dialect, dry=dry),
            repeats=repeats,
        )
        _unstage(cursor, others, STAGED, FOUND)
        left = frame.height - len(out) - len(others)
        return _move(cursor, target, dialect, left, [*refused, *others], dry=dry)


def _move(
    cursor: Any, target: Target, dialect: Dialect, left: int, refused: list[Refused], *, dry: bool
) -> Written:
    """Write what is left: rows that were found, and those that were not."""
    cursor.execute(f"SELECT count(*), count(*) FILTER (WHERE same) FROM {FOUND}")  # noqa: S608  a name of our own # nosec B608
    found, unchanged = cursor.fetchone()
    new, updated = left - found, found - unchanged
    written = Written(
        inserted=new, updated=updated, unchanged=unchanged, refused=refused, met=found > 0
    )
    if dry:
        keep_staged(cursor, target, dialect)
        return written
    if unchanged:
        keep_unchanged(cursor, target, dialect)
    if updated:
        with dialect.by_hash(cursor):
            _keep_images(cursor, target, dialect)
            _update(cursor, target, dialect)
    if new and _insert_others(cursor, target, dialect) != new:
        raise RacedError("rows with the same keys were written at the same time")
    return written


def _stage(cursor: Any, frame: pl.DataFrame, target: Target, dialect: Dialect) -> None:
    _drop(cursor, STAGED)
    columns = "".join(f', "{name}"' for name in target.columns)
    cursor.execute(
        f"CREATE TEMPORARY TABLE {STAGED} {dialect.dropped} AS"  # noqa: S608  names of our own # nosec B608
        f' SELECT 0 AS {POSITION}{columns} FROM "{target.table}" WHERE false'
    )
    dialect.fill(cursor, target, frame.select("row", *target.fields))
    fault_point("importexport-staged")


def _find(cursor: Any, target: Target, dialect: Dialect) -> None:
    """Gather the rows that are there with the keys of staged ones, and keep others from them."""
    _drop(cursor, FOUND)
    cursor.execute(
        f"CREATE TEMPORARY TABLE {FOUND} {dialect.dropped} AS"  # noqa: S608  names of our own # nosec B608
        f" SELECT s.*, t.id AS found_id, false AS ours, false AS same"
        f" FROM {STAGED} s"
        f' JOIN "{target.table}" t ON false WHERE false'
    )
    same = {name: f's."{name}"' for name in target.key}
    with dialect.by_index(cursor):
        cursor.execute(
            f"INSERT INTO {FOUND} SELECT s.*, t.id, coalesce(t.batch_id = %s, false),"  # noqa: S608  names of our own # nosec B608
            f" {dialect.alike(target.columns)} FROM {STAGED} s {dialect.found(target.table, same)}",
            [dialect.uuid(target.import_id), dialect.uuid(target.tenant_id)],
        )


def _insert_if_new(cursor: Any, target: Target, dialect: Dialect) -> int | None:
    """Insert all staged rows; None, and nothing is done, if one of them is there.

    Without ON CONFLICT, which looks every row up in each index before it is inserted: this takes
    two thirds of that.
    """
    try:
        with transaction.atomic():
            return _insert(cursor, target, dialect, "")
    except IntegrityError:
        return None


def _insert_others(cursor: Any, target: Target, dialect: Dialect) -> int:
    """Insert staged rows that were not found; return how many, less those of somebody else."""
    found = f" WHERE s.{POSITION} NOT IN (SELECT {POSITION} FROM {FOUND})"  # noqa: S608  names of our own # nosec B608
    return _insert(cursor, target, dialect, found, "ON CONFLICT DO NOTHING")


def _insert(cursor: Any, target: Target, dialect: Dialect, which: str, otherwise: str = "") -> int:
    columns = "".join(f', "{name}"' for name in target.columns)
    values = "".join(f', s."{name}"' for name in target.columns)
    cursor.execute(
        f'INSERT INTO "{target.table}" (id, tenant_id, batch_id, changed_at{columns})'  # noqa: S608  names of our own # nosec B608
        f" SELECT {dialect.id_of(target)}, %s, %s, %s{values} FROM {STAGED} s"
        f"{which} ORDER BY s.{POSITION} {otherwise}",
        [dialect.uuid(target.tenant_id), dialect.uuid(target.import_id), target.now],
    )
    return int(cursor.rowcount)


def _keep_images(cursor: Any, target: Target, dialect: Dialect) -> None:
    cursor.execute(
        f'INSERT INTO "{_IMAGES}"'  # noqa: S608  names of our own # nosec B608
        " (id, tenant_id, import_id, row_id, image, removed)"
        f" SELECT {dialect.id_of(target)}, %s, %s, t.id, {dialect.image(target.all_columns)}, false"
        f' FROM {FOUND} s JOIN "{target.table}" t ON t.id = s.found_id'
        f" WHERE {dialect.of_found('t')}",
        [dialect.uuid(target.tenant_id), dialect.uuid(target.import_id)],
    )


def _update(cursor: Any, target: Target, dialect: Dialect) -> None:
    others = [name for name in target.columns if name not in target.key]
    values = "".join(f', "{name}" = s."{name}"' for name in others)
    cursor.execute(
        f'UPDATE "{target.table}" SET batch_id = %s, changed_at = %s{values}'  # noqa: S608  names of our own # nosec B608
        f' FROM {FOUND} s WHERE s.found_id = "{target.table}".id'
        f" AND {dialect.of_found(target.table)}",
        [dialect.uuid(target.import_id), target.now],
    )


def _unstage(cursor: Any, refused: Sequence[Refused], *tables: str) -> None:
    positions = sorted({one.position for one in refused})
    for at in range(0, len(positions), _DELETED_AT_ONCE):
        some = positions[at : at + _DELETED_AT_ONCE]
        places = ", ".join(["%s"] * len(some))
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE {POSITION} IN ({places})", some)  # noqa: S608  names of our own # nosec B608


def _drop(cursor: Any, table: str) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {table}")
