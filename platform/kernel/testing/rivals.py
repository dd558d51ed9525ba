"""Two transactions that want the same row, on a database with row locks."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

from kernel.tenancy.context import current_tenant_id, in_tenant

T = TypeVar("T")

_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def rival(work: Callable[[], T]) -> Future[T]:
    """Start work in the current tenant on a thread of its own; return when it waits for a lock.

    Whoever calls holds that lock, and asks for the result after its own transaction.
    """
    tenant_id = current_tenant_id()

    def run() -> T:
        try:
            with in_tenant(tenant_id):
                return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    with connection.cursor() as cursor:
        waiting = 0
        while not waiting and not future.done():
            # Within a transaction PostgreSQL shows for ever what it showed first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            (waiting,) = cursor.fetchone()
    return future
