"""What a batch brought into a table outside is taken back, by its receipt."""

from psycopg import sql

from apps.importexport.adapters.externals.connecting import (
    Connection,
    connected,
    in_schema,
    quoted,
)
from apps.importexport.adapters.externals.receipts import ensure, refuse_without
from apps.importexport.adapters.externals.writing import REFUSING
from apps.importexport.domain.externals.connections import External
from apps.importexport.domain.externals.tables import Table
from contracts.datasets import Undone
from kernel.errors import NotFoundError
from kernel.faults import fault_point

_IMAGES = sql.SQL("pg_temp.septet_images")


def undo_batch(to: External, table: Table, *, batch: str) -> Undone:
    """Let rows of a batch read as before it, but those changed since; told twice it is done once.

    Raises NotFoundError for a batch of which nothing is known any more, ExternalRefusedError,
    UnavailableError.
    """
    refuse_without(to)
    name = in_schema(to, to.receipts)
    with connected(to, seconds=to.statement_seconds) as connection:
        cursor = connection.cursor()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        ensure(cursor, to)
        found = cursor.execute(
            sql.SQL(
                "SELECT undone, coalesce(jsonb_array_length(images), 0) FROM {}"
                " WHERE batch = %s AND relation = %s FOR UPDATE"
            ).format(name),
            [batch, table.name],
        ).fetchone()
        if found is None:
            raise NotFoundError(f"no batch {batch} of {to.name} is known, or not any more")
        undone, count = found
        if undone is None:
            undone = _undone(connection, to, table, batch, count)
            cursor.execute(
                sql.SQL("UPDATE {} SET undone = %s, images = NULL WHERE batch = %s").format(name),
                [undone, batch],
            )
            fault_point("importexport-external-undone")
            connection.commit()
    return Undone(undone=undone)


def _undone(connection: Connection, to: External, table: Table, batch: str, count: int) -> int:
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE septet_images ON COMMIT DROP AS SELECT e.place::int AS place,"
            " e.image->0 AS key, nullif(e.image->1, 'null') AS before, e.image->>2 AS after"
            " FROM {} r, jsonb_array_elements(r.images) WITH ORDINALITY AS e(image, place)"
            " WHERE r.batch = %s"
        ).format(in_schema(to, to.receipts)),
        [batch],
    )
    connection.execute(sql.SQL("ANALYZE {}").format(_IMAGES))
    return _some_undone(connection, to, table, 1, count) if count else 0


def _some_undone(connection: Connection, to: External, table: Table, first: int, last: int) -> int:
    """Undo rows together; where the database refuses, each half by itself. One alone is kept."""
    try:
        with connection.transaction():
            done = sum(
                connection.execute(one, [first, last]).rowcount for one in _statements(to, table)
            )
    except REFUSING:
        if first == last:
            return 0
        middle = (first + last) // 2
        done = _some_undone(connection, to, table, first, middle)
        done += _some_undone(connection, to, table, middle + 1, last)
    return done


def _statements(to: External, table: Table) -> list[sql.Composed]:
    """Return what deletes rows that were made, and what writes those that were changed.

    Without what whoever connects may not do: there rows stay, and are counted as kept.
    """
    name = in_schema(to, table.name)
    same = sql.SQL(" AND ").join(
        sql.SQL("t.{0} = (jsonb_populate_record(NULL::{1}, i.key)).{0}").format(quoted(one), name)
        for one in table.key
    )
    unchanged = sql.SQL(
        "i.place BETWEEN %s AND %s AND {} AND md5(to_jsonb(t.*)::text) = i.after"
    ).format(same)
    delete = sql.SQL("DELETE FROM {} t USING {} i WHERE i.before IS NULL AND {}").format(
        name, _IMAGES, unchanged
    )
    written = [
        quoted(one.name)
        for one in table.columns
        if not one.generated and one.identity != "a" and one.name not in table.key
    ]
    deleting = [delete] if table.deletes else []
    if not written or not table.updates:
        return deleting
    update = sql.SQL(
        "UPDATE {} t SET {} FROM {} i, LATERAL jsonb_populate_record(NULL::{}, i.before) b"
        " WHERE i.before IS NOT NULL AND {}"
    ).format(
        name,
        sql.SQL(", ").join(sql.SQL("{0} = b.{0}").format(one) for one in written),
        _IMAGES,
        name,
        unchanged,
    )
    return [*deleting, update]
