"""The partitions of audit logs: which there are, and about how much is in them."""

from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.audit.selectors.months import Bounds, Month
from kernel import clock
from kernel.tenancy.aliases import system_alias

LOGS = "audit_auditlog"
TARGETS = "audit_auditlogtarget"

# The planner counts rows when it analyses a table, the server while they are written.
_ALL = """
    SELECT relname, pg_get_expr(relpartbound, oid),
           greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::bigint,
           pg_total_relation_size(oid)
    FROM pg_inherits JOIN pg_class ON inhrelid = oid WHERE inhparent = %s::regclass
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of the logs. Without bounds it is the one for what no other takes."""

    name: str
    bounds: Bounds | None
    #: An estimate: of a large table nobody counts.
    rows: int
    size_bytes: int


def system_connection() -> BaseDatabaseWrapper:
    """Return the connection of the tables' owner."""
    return connections[system_alias()]


def partitioned(connection: BaseDatabaseWrapper) -> bool:
    """Say whether logs are in partitions: SQLite has none."""
    return connection.vendor == "postgresql"


def partitions(table: str = LOGS) -> list[Partition]:
    """Return the partitions of a table, the oldest first; none where it has none."""
    connection = system_connection()
    if not partitioned(connection):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [table])
        rows = cursor.fetchall()
    found = [Partition(name, Bounds.read(told), *counted) for name, told, *counted in rows]
    return sorted(found, key=lambda one: (one.bounds is None, one.bounds and one.bounds.start))


def months_missing(ahead: int, table: str = LOGS) -> list[Month]:
    """Return those of this month and so many after it that no partition takes."""
    now = Month.of(clock.now())
    there = [one.bounds for one in partitions(table) if one.bounds]
    wanted = [now.later(months) for months in range(ahead + 1)]
    return [one for one in wanted if not any(bounds.hold(one.bounds) for bounds in there)]
