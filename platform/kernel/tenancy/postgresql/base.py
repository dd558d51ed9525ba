"""The database backend; `ENGINE` names its package."""

import select
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

import psycopg
from django.conf import settings
from django.db import NotSupportedError
from django.db.backends.postgresql import base as stock
from django.db.backends.postgresql import operations
from psycopg.pq import TransactionStatus

from kernel.database import positions
from kernel.database.deadlines import milliseconds_left
from kernel.tenancy.context import told_tenant

#: What policies read.
SETTING = "septet.tenant"


class TenantCursor(psycopg.ClientCursor[Any]):
    """A cursor that binds on this side, as Django's, and announces the tenant of each statement.

    And its time: the rest of what its request may take, where that ends before `standing` does.
    """

    #: The limits of each statement, in milliseconds by PostgreSQL's names for them.
    standing: ClassVar[Mapping[str, int]] = {}
    #: They are told in each transaction: a pooler drops what a connection begins with.
    tells_standing: ClassVar[bool] = False

    @classmethod
    def limits(cls, status: int) -> dict[str, int]:
        """Return the limits to be told with a statement, on a connection in this state."""
        # Within a transaction they hold already, or somebody has chosen others for it.
        told = dict(cls.standing) if cls.tells_standing and status == TransactionStatus.IDLE else {}
        left = milliseconds_left()
        if left is not None and left < cls.standing.get("statement_timeout", left + 1):
            told["statement_timeout"] = left
        return told

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Send the announcement and the statement as one message, which is one transaction."""
        announcement = self._announcement()
        if not announcement:
            return super().execute(query, params, **options)
        text = query if isinstance(query, str) else query.as_string(self)
        super().execute(announcement + text, params, **options)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Announce the tenant, then send the statement for each of the parameters."""
        if not self._announcement():
            super().executemany(query, params_seq, **options)
            return
        for params in params_seq:
            self.execute(query, params)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Announce the tenant, then copy; inside a transaction only, which keeps it told."""
        if self._announcement():
            _refuse_autocommit(self.connection, "copy")
            self.execute("SELECT")
        return super().copy(statement, params, **options)

    def _announcement(self) -> str:
        status = self.connection.pgconn.transaction_status
        if status == TransactionStatus.INERROR:
            # Nothing but the end of it is taken, and that touches no rows.
            return ""
        told: dict[str, object] = {}
        tenant_id = told_tenant()
        if tenant_id is not None:
            # Only a UUID is written into SQL, and whole numbers.
            told[SETTING] = uuid.UUID(int=tenant_id.int)
        elif not self.connection.autocommit:
            # A transaction may have been told of one before.
            told[SETTING] = ""
        told |= self.limits(status)
        if not told:
            return ""
        calls = (f"set_config('{name}', '{value}', true)" for name, value in told.items())
        return f"SELECT {', '.join(calls)};"


class DatabaseOperations(operations.DatabaseOperations):
    """What is shown of a statement is what was asked for, without the announcement."""

    def last_executed_query(self, _cursor: Any, query: Any, params: Any) -> Any:
        """Return the statement with its values in it."""
        try:
            return self.compose_sql(query, params)
        except psycopg.DataError:
            return None


class DatabaseWrapper(stock.DatabaseWrapper):
    """A connection whose cursors announce the tenant."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """Return what the driver connects with; `OPTIONS["limits"]` are those of a statement."""
        params = super().get_connection_params()
        limits = params.pop("limits", {})
        # A pooler in transaction mode has no use for them when a connection begins.
        pooled = self.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
        if limits and not pooled:
            begun = "".join(f"-c {name}={value} " for name, value in limits.items())
            params["options"] = begun + params.get("options", "")
        return params | {"cursor_factory": _cursor_of(tuple(limits.items()), pooled)}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection, or one from the pool that its server has not closed since."""
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_unread(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection

    def close_if_unusable_or_obsolete(self) -> None:
        """Close it if its server has, too: the next request shall not be the one to find out."""
        if self.connection is not None and _has_unread(self.connection):
            # So the server is asked, which is no cost to those who have nothing to read.
            self.errors_occurred = True
        super().close_if_unusable_or_obsolete()

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        if self.alias not in settings.DATABASE_REPLICAS:
            positions.committed()

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor; one by name, which streams, exists in a transaction only."""
        if name and told_tenant() is not None:
            _refuse_autocommit(self.connection, "stream")
            self.connection.execute("SELECT")
        return super().create_cursor(name)


# A pool's connections are asked for at each request, and a class takes longer to make than that.
@cache
def _cursor_of(limits: tuple[tuple[str, int], ...], tells: bool) -> type[TenantCursor]:
    told = {"standing": dict(limits), "tells_standing": tells}
    return type("LimitedCursor", (TenantCursor,), told)


def _has_unread(connection: Any) -> bool:
    """Say whether the server has sent what nobody asked for, which is its end above all."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _refuse_autocommit(connection: Any, verb: str) -> None:
    if connection.autocommit:
        raise NotSupportedError(f"{verb} a tenant's rows inside a transaction")
