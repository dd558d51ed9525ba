"""What a database refuses for now, told apart from one that does not answer."""

import logging
import sqlite3

import prometheus_client

from kernel.errors import DeadlineExceededError, DomainError, UnavailableError

logger = logging.getLogger(__name__)

REFUSED = prometheus_client.Counter(
    "septet_database_refused_total",
    "What the database refused: no free connection (pool), held rows (lock), too slow (statement),"
    " no room on its disk (full).",
    ["reason"],
)
_LOCK_NOT_AVAILABLE = "55P03"
_QUERY_CANCELED = "57014"
_DISK_FULL = "53100"
#: Extended codes of SQLite have theirs in the lowest byte.
_SQLITE_CODE = 0xFF


class DatabaseBusyError(UnavailableError):
    """No connection was free in time, or others held the rows for too long; nothing has changed."""

    code = "DATABASE_BUSY"
    retry_after_seconds = 2


def refusal(error: BaseException) -> DomainError | None:
    """Return the error of our contract for what a database refuses; None if it is away."""
    reason = _reason(error.__cause__)
    if reason is None:
        return None
    REFUSED.labels(reason).inc()
    if reason == "statement":
        return DeadlineExceededError("the database took longer than it may, and was stopped")
    if reason == "full":
        logger.error("the disk of the database is full", exc_info=error)
        return UnavailableError("the database has no room for more; nothing has changed")
    if reason == "lock":
        return DatabaseBusyError("others hold the same rows; try again in a moment")
    return DatabaseBusyError("all connections to the database are in use; try again in a moment")


def _reason(cause: BaseException | None) -> str | None:
    if isinstance(cause, sqlite3.OperationalError):
        code = getattr(cause, "sqlite_errorcode", 0) & _SQLITE_CODE
        return {sqlite3.SQLITE_BUSY: "lock", sqlite3.SQLITE_FULL: "full"}.get(code)
    state = getattr(cause, "sqlstate", None)
    if state == _LOCK_NOT_AVAILABLE:
        return "lock"
    if state == _QUERY_CANCELED:
        return "statement"
    if state == _DISK_FULL:
        return "full"
    return "pool" if _of_a_pool(cause) else None


def _of_a_pool(cause: BaseException | None) -> bool:
    # Loaded where there is a pool only.
    from psycopg_pool import PoolTimeout, TooManyRequests  # noqa: PLC0415

    return isinstance(cause, PoolTimeout | TooManyRequests)
