"""Connections to databases outside: few at a time, each with limits, and none that lies idle."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any, TypeAlias

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from apps.importexport.domain.externals.connections import External
from apps.importexport.errors import ExternalRefusedError
from kernel.errors import UnavailableError

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]

CONNECT_SECONDS = 5
#: For another's connection to become free.
WAIT_SECONDS = 30
LOCK_SECONDS = 10
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
#: Of errors that the database calls internal: it became a standby, or had waited for us too long.
_WAITABLE = (
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
)
#: Of errors that it calls operational: they stay, however long one waits.
_TOO_MUCH = (errors.ProgramLimitExceeded, errors.StatementTooComplex, errors.TooManyColumns)
logger = logging.getLogger(__name__)


@contextmanager
def connected(to: External, *, seconds: int, read_only: bool = False) -> Iterator[Connection]:
    """Give a connection in a transaction that is rolled back unless it is committed.

    One statement may take so many seconds. Whoever only reads has one snapshot, and cannot write.
    Raises UnavailableError for what waiting may heal, else ExternalRefusedError.
    """
    slots = _slots(to.name, to.connections)
    if not slots.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError(f"all {to.connections} connections to {to.name} are in use")
    try:
        with _told(to, read_only=read_only), _opened(to) as connection:
            if read_only:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
            _bound(connection, seconds)
            yield connection
            connection.rollback()
    finally:
        slots.release()


def quoted(*names: str) -> sql.SQL:
    """Return a name in quotes, for a statement that has values.

    There a percent sign would begin the place of one.
    """
    return sql.SQL(sql.Identifier(*names).as_string().replace("%", "%%"))


def in_schema(to: External, name: str) -> sql.SQL:
    """Return a table's name in quotes, with its schema."""
    return quoted(to.schema, name)


@lru_cache(maxsize=100)
def _slots(_name: str, count: int) -> BoundedSemaphore:
    return BoundedSemaphore(count)


@contextmanager
def _opened(to: External) -> Iterator[Connection]:
    told: dict[str, Any] = dict(conninfo_to_dict(to.url))
    # Not in the clear over a network, unless the URL says so.
    told.setdefault("sslmode", "prefer" if _is_local(told) else "require")
    told.setdefault("connect_timeout", CONNECT_SECONDS)
    told.setdefault("application_name", "septet")
    # A server that is gone without a word is noticed.
    told.setdefault("tcp_user_timeout", 1000 * WAIT_SECONDS)
    if to.password:
        told["password"] = to.password
    # Kept plans belong to a session, which a pooler in between may give to another.
    connection = psycopg.connect(
        **told, client_encoding="UTF8", prepare_threshold=None, autocommit=False
    )
    try:
        yield connection
    finally:
        connection.close()


def _is_local(told: dict[str, Any]) -> bool:
    """Say whether all places that a connection may go to are on this machine."""
    hosts = str(told.get("host") or "").split(",")
    here = all(not one or one.startswith("/") or one in _LOCAL for one in hosts)
    # It is where the connection goes, whatever the host is called.
    return here and not told.get("hostaddr")


def _bound(connection: Connection, seconds: int) -> None:
    """Set limits, and how values are written, for this transaction: poolers let that through."""
    told = {
        "statement_timeout": f"{seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{max(seconds, 60)}s",
        "TimeZone": "UTC",
        "DateStyle": "ISO",
        "IntervalStyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
    }
    calls = sql.SQL(", ").join([sql.SQL("set_config(%s, %s, true)")] * len(told))
    connection.execute(
        sql.SQL("SELECT {}").format(calls), [text for pair in told.items() for text in pair]
    )


@contextmanager
def _told(to: External, *, read_only: bool) -> Iterator[None]:
    """Tell what went wrong without an address: who reads that need not know the database."""
    try:
        yield
    except errors.QueryCanceled as error:
        raise UnavailableError(f"{to.name} took longer than it may") from error
    except _TOO_MUCH as error:
        raise ExternalRefusedError(f"{to.name} refuses it: {_first(error)}") from error
    except (psycopg.OperationalError, psycopg.InterfaceError, *_WAITABLE) as error:
        if read_only and isinstance(error, errors.ReadOnlySqlTransaction):
            raise ExternalRefusedError(f"{to.name} refuses it: {_first(error)}") from error
        # What libpq says names the host and the user, and never a password.
        logger.warning("external database %s: %s", to.name, str(error).strip()[:300])
        raise UnavailableError(f"the database {to.name} does not answer now") from error
    except errors.InsufficientPrivilege as error:
        raise ExternalRefusedError(f"{to.name} does not let it: {_first(error)}") from error
    except psycopg.Error as error:
        raise ExternalRefusedError(f"{to.name} refuses it: {_first(error)}") from error


def _first(error: psycopg.Error) -> str:
    return (error.diag.message_primary or type(error).__name__)[:300]
