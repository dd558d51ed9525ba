"""What a database tells of itself: its largest tables, what is dead in them, what takes long."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.tenancy.aliases import system_alias

MOST_SHOWN = 20
#: Of the text of a statement; values are not part of it.
MOST_TEXT = 500
#: Fewer are read whole as fast as by an index.
MANY_ROWS = 10_000
#: A smaller index costs nothing.
UNUSED_BYTES = 1 << 20

_TABLES = """
    SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup,
        greatest(last_vacuum, last_autovacuum), seq_scan, coalesce(idx_scan, 0)
    FROM pg_stat_user_tables ORDER BY pg_total_relation_size(relid) DESC, relname LIMIT %s
"""
_READ_WHOLE = """
    SELECT relname, seq_scan, seq_tup_read / seq_scan, coalesce(idx_scan, 0)
    FROM pg_stat_user_tables WHERE seq_scan > 0 AND seq_tup_read / seq_scan >= %s
    ORDER BY seq_tup_read DESC, relname LIMIT %s
"""
_UNUSED = """
    SELECT indexrelname, relname, pg_relation_size(stats.indexrelid)
    FROM pg_stat_user_indexes AS stats JOIN pg_index USING (indexrelid)
    WHERE idx_scan = 0 AND NOT indisunique AND pg_relation_size(stats.indexrelid) >= %s
    ORDER BY pg_relation_size(stats.indexrelid) DESC, indexrelname LIMIT %s
"""
_COUNTED = """
    SELECT to_regclass('pg_stat_statements') IS NOT NULL
        AND 'pg_stat_statements' = ANY (string_to_array(
            replace(current_setting('shared_preload_libraries', true), ' ', ''), ','))
"""
_SLOWEST = """
    SELECT left(query, %s), calls, total_exec_time / 1000, mean_exec_time, rows
    FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY total_exec_time DESC LIMIT %s
"""


class Table(NamedTuple):
    """A table, by what the server counted."""

    name: str
    size_bytes: int
    live: int
    dead: int
    cleaned_at: datetime | None
    whole_reads: int
    index_reads: int

    @property
    def dead_share(self) -> float:
        """Return how much of its rows is dead, in percent."""
        return 100 * self.dead / (self.live + self.dead) if self.dead else 0.0


class ReadWhole(NamedTuple):
    """A table with many rows that was read from one end to the other."""

    name: str
    times: int
    rows_each: int
    index_reads: int
    #: Of those that took longest, the first that names it; empty if none does.
    statement: str


class UnusedIndex(NamedTuple):
    """An index that was never read since the counting began."""

    name: str
    table: str
    size_bytes: int


class Statement(NamedTuple):
    """A statement without its values, and what all calls of it took."""

    text: str
    calls: int
    total_seconds: float
    mean_milliseconds: float
    rows: int


class Report(NamedTuple):
    """What a database tells of itself."""

    vendor: str
    size_bytes: int
    #: Pages of SQLite that hold nothing, and its log.
    free_bytes: int = 0
    log_bytes: int = 0
    tables: Sequence[Table] = ()
    read_whole: Sequence[ReadWhole] = ()
    unused: Sequence[UnusedIndex] = ()
    #: None where nothing counts statements.
    statements: Sequence[Statement] | None = None


def report() -> Report:
    """Ask the database; on PostgreSQL as the role that owns the tables."""
    connection = connections[system_alias()]
    return _of_sqlite(connection) if connection.vendor == "sqlite" else _of_postgres(connection)


def _of_sqlite(connection: BaseDatabaseWrapper) -> Report:
    pages, free, size = (
        _ask(connection, f"PRAGMA {name}")[0][0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    log = Path(f"{connection.settings_dict['NAME']}-wal")
    return Report(
        vendor="sqlite",
        size_bytes=pages * size,
        free_bytes=free * size,
        log_bytes=log.stat().st_size if log.exists() else 0,
    )


def _of_postgres(connection: BaseDatabaseWrapper) -> Report:
    counted = _ask(connection, _COUNTED)[0][0]
    slowest = _ask(connection, _SLOWEST, [MOST_TEXT, MOST_SHOWN]) if counted else None
    texts = [row[0] for row in slowest or ()]
    return Report(
        vendor="postgresql",
        size_bytes=_ask(connection, "SELECT pg_database_size(current_database())")[0][0],
        tables=[Table(*row) for row in _ask(connection, _TABLES, [MOST_SHOWN])],
        read_whole=[
            ReadWhole(*(*row, _first_with(row[0], texts)))
            for row in _ask(connection, _READ_WHOLE, [MANY_ROWS, MOST_SHOWN])
        ],
        unused=[UnusedIndex(*row) for row in _ask(connection, _UNUSED, [UNUSED_BYTES, MOST_SHOWN])],
        statements=None if slowest is None else [Statement(*row) for row in slowest],
    )


def _first_with(name: str, texts: Sequence[str]) -> str:
    return next((text for text in texts if re.search(rf"\b{re.escape(name)}\b", text)), "")


def _ask(
    connection: BaseDatabaseWrapper, query: str, told: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, told or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
