"""The database backend; `ENGINE` names its package."""

import uuid
from typing import Any, Self

import psycopg
from django.db import NotSupportedError
from django.db.backends.postgresql import base as stock
from django.db.backends.postgresql import operations
from psycopg.pq import TransactionStatus

from kernel.tenancy.context import told_tenant

#: What policies read.
SETTING = "septet.tenant"


class TenantCursor(psycopg.ClientCursor[Any]):
    """A cursor that binds on this side, as Django's, and announces the tenant of each statement."""

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
        if self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            # Nothing but the end of it is taken, and that touches no rows.
            return ""
        tenant_id = told_tenant()
        if tenant_id is None:
            # A transaction may have been told of one before.
            return (
                "" if self.connection.autocommit else f"SELECT set_config('{SETTING}', '', true);"
            )
        # Only a UUID is written into SQL.
        return f"SELECT set_config('{SETTING}', '{uuid.UUID(int=tenant_id.int)}', true);"


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
        """Return what the driver connects with."""
        return super().get_connection_params() | {"cursor_factory": TenantCursor}

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor; one by name, which streams, exists in a transaction only."""
        if name and told_tenant() is not None:
            _refuse_autocommit(self.connection, "stream")
            self.connection.execute("SELECT")
        return super().create_cursor(name)


def _refuse_autocommit(connection: Any, verb: str) -> None:
    if connection.autocommit:
        raise NotSupportedError(f"{verb} a tenant's rows inside a transaction")
