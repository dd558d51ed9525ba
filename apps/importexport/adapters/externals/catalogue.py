"""What the tables of a database outside are, by its catalogue."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any, Final

from apps.importexport.adapters.externals.connecting import connected
from apps.importexport.domain.externals.connections import External
from apps.importexport.domain.externals.tables import Column, Table
from kernel.errors import UnavailableError

#: How long it is believed, and that a database does not answer.
KEPT_SECONDS: Final = 60.0
FAILED_SECONDS: Final = 10.0
_READ_SECONDS = 15
_COLUMNS: Final = """
SELECT c.relname::text, obj_description(c.oid, 'pg_class'), c.relkind::text,
       has_table_privilege(c.oid, 'INSERT'), has_table_privilege(c.oid, 'UPDATE'),
       has_table_privilege(c.oid, 'DELETE'),
       a.attname::text, format_type(b.oid, -1), b.typname::text,
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
       a.attnotnull OR t.typnotnull,
       coalesce(pg_get_expr(d.adbin, d.adrelid),
                CASE WHEN has_sequence_privilege(q.name, 'USAGE')
                     THEN format('nextval(%%L)', q.name) END, t.typdefault, ''),
       a.attidentity::text, a.attgenerated::text <> '', col_description(c.oid, a.attnum),
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid
             ORDER BY e.enumsortorder)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN LATERAL (
       SELECT CASE WHEN a.attidentity <> ''
                   THEN pg_get_serial_sequence(c.oid::regclass::text, a.attname::text) END
       ) q(name) ON true
 WHERE n.nspname = %s AND c.relkind = ANY('{r,p,v,m,f}') AND has_table_privilege(c.oid, 'SELECT')
 ORDER BY c.relname, a.attnum
"""
#: Of each unique index over whole columns, which is always held to, these columns.
_UNIQUE: Final = """
SELECT c.relname::text, i.indisprimary,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
              WHERE k.place <= i.indnkeyatts ORDER BY k.place)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND i.indisunique AND i.indisvalid AND i.indimmediate
   AND i.indpred IS NULL AND i.indexprs IS NULL
 ORDER BY c.relname, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
"""
#: What rows can be written to.
_TABLES = frozenset({"r", "p"})
_kept: dict[External, tuple[float, dict[str, Table] | None]] = {}
_lock = Lock()


def tables_of(
    to: External, *, now: Callable[[], float] = time.monotonic, fresh: bool = False
) -> dict[str, Table]:
    """Return the tables that may be had, by their names, as they were at most a minute ago.

    Raises UnavailableError, ExternalRefusedError.
    """
    with _lock:
        until, found = _kept.get(to, (0.0, None))
    if fresh or now() >= until:
        try:
            found = _read(to)
        except UnavailableError:
            found = None
        with _lock:
            _kept[to] = now() + (FAILED_SECONDS if found is None else KEPT_SECONDS), found
    if found is None:
        raise UnavailableError(f"the database {to.name} does not answer now")
    return found


def forget(to: External) -> None:
    """Ask anew the next time: a table is not what it was."""
    with _lock:
        _kept.pop(to, None)


def _read(to: External) -> dict[str, Table]:
    with connected(to, seconds=_READ_SECONDS, read_only=True) as connection:
        columns = connection.execute(_COLUMNS, [to.schema]).fetchall()
        unique = connection.execute(_UNIQUE, [to.schema]).fetchall()
    keys: dict[str, list[Sequence[str]]] = {}
    for name, _primary, key in unique:
        keys.setdefault(name, []).append(key)
    return {one.name: one for one in _tables(columns, keys) if to.has(one.name)}


def _tables(rows: Sequence[Sequence[Any]], keys: dict[str, list[Sequence[str]]]) -> Iterator[Table]:
    for name, group in groupby(rows, key=itemgetter(0)):
        told = list(group)
        single = {key[0] for key in keys.get(name, []) if len(key) == 1}
        columns = tuple(_column(row[6:], single) for row in told)
        never_null = {one.name for one in columns if one.not_null and not one.generated}
        key = next((one for one in keys.get(name, []) if never_null.issuperset(one)), ())
        _, comment, relkind, inserts, updates, deletes, *_ = told[0]
        written = relkind in _TABLES
        yield Table(
            name=name,
            columns=columns,
            key=tuple(key),
            comment=comment or "",
            inserts=written and inserts,
            updates=written and updates,
            deletes=written and deletes,
        )


def _column(told: Sequence[Any], single: set[str]) -> Column:
    name, type_, type_name, modifier, not_null, default, identity, generated, comment, labels = told
    return Column(
        name=name,
        type=type_,
        type_name=type_name,
        modifier=modifier,
        not_null=not_null,
        default="" if generated else default,
        identity=identity,
        generated=generated,
        unique=name in single,
        labels=tuple(labels),
        comment=comment or "",
    )
