"""Reads to replicas, all else to the primary: decided once for a request, by what it is.

A request that only reads is sent to a replica that has what its sender has written. From its first
write on, and inside transactions, it reads the primary. Work outside of requests always does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import prometheus_client
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.database import positions
from kernel.database.replicas import Replica, best

READS = prometheus_client.Counter(
    "septet_database_reads_total", "Requests that only read, by the database they read.", ["at"]
)
FALLBACKS = prometheus_client.Counter(
    "septet_database_fallbacks_total",
    "Requests that a replica failed, and that the primary answered then.",
    ["replica"],
)
_CANCELED = "57014"
#: Apps whose rows say who somebody is and what they may: what was taken from them holds at once.
_OF_CREDENTIALS = frozenset(
    {"account", "accounts", "auth", "identity", "mfa", "sessions", "socialaccount"}
)
#: The replica is well: it gave way to what it has to replay, or it was asked to write.
_BLAMELESS = frozenset({"40001", "40P01", "25006"})


class Route:
    """Where a request reads."""

    def __init__(self) -> None:
        self.replica: Replica | None = None
        #: The replica could not answer something; what was answered is not to be believed.
        self.failed = False

    def alias(self) -> str:
        """Return the database to read now."""
        if self.replica is None:
            return DEFAULT_DB_ALIAS
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            # What it writes is not known to the router.
            self.replica = None
            return DEFAULT_DB_ALIAS
        return self.replica.alias

    def watched(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Run a statement on the replica; one that fails there is no answer to anybody."""
        try:
            return execute(*statement)
        except DatabaseError as error:
            self._note(getattr(error.__cause__, "sqlstate", None))
            raise

    def _note(self, state: str | None) -> None:
        # Stopped by us; and what is wrong with a statement is wrong on the primary, too.
        if self.replica is None or state == _CANCELED or (state or "")[:2] in {"22", "42"}:
            return
        FALLBACKS.labels(self.replica.alias).inc()
        if state not in _BLAMELESS:
            self.replica.fail("a statement failed")
        self.failed, self.replica = True, None


_route: ContextVar[Route | None] = ContextVar("route", default=None)


@contextmanager
def reading(*, only: bool) -> Iterator[Route]:
    """Run a block that only reads, or one that does not; one within another is a part of it."""
    outer = _route.get()
    if outer is not None or not only or not positions.has_replicas():
        yield outer or Route()
        return
    route = Route()
    token = _route.set(route)
    try:
        with _on_replica(route):
            READS.labels(route.replica.alias if route.replica else "primary").inc()
            yield route
    finally:
        _route.reset(token)


@contextmanager
def _on_replica(route: Route) -> Iterator[None]:
    needed = positions.needed()
    while (replica := best(needed)) is not None:
        connection = connections[replica.alias]
        try:
            connection.ensure_connection()
        except DatabaseError:
            replica.fail("it takes no connection")
            continue
        route.replica = replica
        try:
            with (
                replica.read(connection.connection),
                connection.execute_wrapper(route.watched),
            ):
                yield
        finally:
            if route.failed:
                connection.close()
        return
    yield


def connections_in_use() -> list[BaseDatabaseWrapper]:
    """Return the connections on which statements of this request may run now."""
    route = _route.get()
    replica = route.replica if route is not None else None
    aliases = [DEFAULT_DB_ALIAS, *([replica.alias] if replica else [])]
    return [connections[alias] for alias in aliases]


class ReplicaRouter:
    """Django's question which database to use."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return the replica of this request, if it has one and this is of our own database."""
        at = _database_of(hints)
        if at not in {None, DEFAULT_DB_ALIAS, *settings.DATABASE_REPLICAS}:
            return None
        if model._meta.app_label in _OF_CREDENTIALS:
            return DEFAULT_DB_ALIAS
        route = _route.get()
        return route.alias() if route is not None else DEFAULT_DB_ALIAS

    def db_for_write(self, _model: Any, **hints: Any) -> str | None:
        """Return the primary, and have the request read there from now on."""
        positions.committed()
        if (route := _route.get()) is not None:
            route.replica = None
        return DEFAULT_DB_ALIAS if _database_of(hints) in settings.DATABASE_REPLICAS else None

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool | None:
        """Let rows refer to each other wherever they were read."""
        ours = {DEFAULT_DB_ALIAS, *settings.DATABASE_REPLICAS}
        return True if {one._state.db, other._state.db} <= ours else None

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        """Change replicas by their primary alone."""
        return False if db in settings.DATABASE_REPLICAS else None


def _database_of(hints: dict[str, Any]) -> str | None:
    instance = hints.get("instance")
    at: str | None = instance._state.db if instance is not None else None
    return at
