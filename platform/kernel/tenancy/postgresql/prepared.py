"""Queries that each connection prepares once, sent in one message with their tenant's name.

Two statements go the way of one (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html),
and what happens until their end is one transaction. Next to a cursor of psycopg it takes half the
time on this side.
"""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import AdaptersMap, Loader, PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.postgresql.base import SETTING

Connection = psycopg.Connection[Any]

_TEXT_OID = 25
_PLACEHOLDER = re.compile(r"%([s%])")
_numbers = count()
#: What a connection prepares in its life. The server keeps it all, and each page size, order and
#: selection of columns that callers think of is a query more.
MOST_PREPARED = 1_000


class Session:
    """What one connection has prepared, and how it shows values."""

    def __init__(self, connection: Connection, loaders: Mapping[str, type[Loader]]) -> None:
        self.adapters = AdaptersMap(connection.adapters)
        for name, loader in loaders.items():
            self.adapters.register_loader(name, loader)
        self.prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        #: Statements that the server has, those included that are not used any more.
        self.made = 0


_sessions: WeakKeyDictionary[Connection, Session] = WeakKeyDictionary()


def renew_if_spent(connection: BaseDatabaseWrapper) -> None:
    """Close a connection that has prepared all it may, unless it is in a transaction."""
    session = _sessions.get(connection.connection) if connection.connection else None
    if session is not None and session.made >= MOST_PREPARED and not connection.in_atomic_block:
        # Before it goes back to a pool, which then does not lend it again.
        connection.connection.close()
        connection.close()


class PreparedCursor:
    """A cursor for reads of one tenant: what Django's wrapper needs of one, and no more.

    `loaders` say how values of a type of PostgreSQL are shown, the same in all of a process.
    """

    def __init__(self, connection: Connection, loaders: Mapping[str, type[Loader]]) -> None:
        self.connection = connection
        session = _sessions.get(connection)
        if session is None:
            session = _sessions[connection] = Session(connection, loaders)
        self._session = session
        # Django's own cursors know the limits of their connection.
        self._limits: Callable[[int], dict[str, int]] = getattr(
            connection.cursor_factory, "limits", lambda _status: {}
        )
        self.adapters = session.adapters
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, query: str, params: Sequence[Any] = ()) -> None:
        """Run a query with `%s` for its parameters; raises psycopg.Error, TenantRequiredError."""
        values = Transformer(self)
        sent = values.dump_sequence(params, [PyFormat.TEXT] * len(params))
        pgconn = self.connection.pgconn
        pgconn.enter_pipeline_mode()
        try:
            told = {SETTING: current_tenant_id()} | self._limits(pgconn.transaction_status)
            shown = [str(value).encode() for value in told.values()]
            self._send(pgconn, _announcement(*told), shown, (_TEXT_OID,) * len(told))
            self._send(pgconn, _numbered(query), sent, values.types or ())
            pgconn.pipeline_sync()
            results = self.connection.wait(_results(pgconn))
        finally:
            pgconn.exit_pipeline_mode()
        found = results[-1]
        if found.status != ExecStatus.TUPLES_OK:
            # What was prepared may be what is wrong, as when a table has changed since.
            self._session.prepared.clear()
            failed = next(one for one in results if one.status == ExecStatus.FATAL_ERROR)
            raise psycopg.errors.error_from_result(failed)
        values.set_pgresult(found)
        self._rows = values.load_rows(0, found.ntuples, tuple)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return self._rows

    def close(self) -> None:
        """Let go of the rows."""
        self._rows = []

    def _send(
        self, pgconn: PGconn, query: bytes, values: Sequence[Any], types: tuple[int, ...]
    ) -> None:
        if not settings.DATABASE_PREPARES:
            pgconn.send_query_params(query, values, types)
            return
        name = self._session.prepared.get((query, types))
        if name is None:
            name = self._session.prepared[query, types] = b"septet_%d" % next(_numbers)
            self._session.made += 1
            pgconn.send_prepare(name, query, types)
        pgconn.send_query_prepared(name, values)


def _results(pgconn: PGconn) -> Generator[Wait, Ready | int, list[PGresult]]:
    """Exchange all messages; return the results up to the end of the pipeline."""
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            # The server may not read on before what it answers is read.
            pgconn.consume_input()
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


@lru_cache(maxsize=16)
def _announcement(*settings_: str) -> bytes:
    """Return the statement that sets these, for as long as the transaction lasts."""
    calls = (f"set_config('{name}', ${n}, true)" for n, name in enumerate(settings_, start=1))
    return f"SELECT {', '.join(calls)}".encode()


@lru_cache(maxsize=1024)
def _numbered(query: str) -> bytes:
    """Return a query with `$1`, `$2`, … for its parameters, as the protocol has them."""
    numbers = count(1)
    return _PLACEHOLDER.sub(
        lambda found: "%" if found[1] == "%" else f"${next(numbers)}", query
    ).encode()
