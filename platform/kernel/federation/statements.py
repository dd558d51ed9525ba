"""SQL that is made once: Django writes it for slots, and each use fills the slots with values.

To write the SQL of a small query costs the ORM several times what the database takes to answer it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, QuerySet
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler

from kernel.federation.texts import LOADERS, text_converters
from kernel.tenancy.context import current_tenant_id, in_tenant
from kernel.tenancy.postgresql.prepared import PreparedCursor, renew_if_spent


class Slot(Expression):
    """Stands in a query for a value that each use of the statement gives."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, _compiler: SQLCompiler, _connection: BaseDatabaseWrapper) -> Any:
        return "%s", [self]

    def bound(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the value as the driver wants it."""
        if isinstance(value, Enum):
            value = value.value
        return self.output_field.get_db_prep_value(value, connection)


class Slots(Slot):
    """Stands for a list of values, in a lookup `among`."""

    def bound(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the values as one parameter."""
        values = [super(Slots, self).bound(one, connection) for one in value]
        return values if connection.vendor == "postgresql" else orjson.dumps(values).decode()


class IdSlots(Slots):
    """Stands for a list of ids in their canonical form: a thousand need no UUID objects."""

    def bound(self, value: list[str], connection: BaseDatabaseWrapper) -> str:
        """Return them in the form that the database has for an array."""
        if connection.vendor == "postgresql":
            return f"{{{','.join(value)}}}"
        return orjson.dumps([one.replace("-", "") for one in value]).decode()


@models.Field.register_lookup
class Among(Lookup[Any]):
    """Rows whose value is one of a list, which is one parameter however long it is."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        column, _ = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            cast = "::uuid[]" if isinstance(self.lhs.output_field, models.UUIDField) else ""
            return f"{column} = ANY(%s{cast})", [self.rhs]
        return f"{column} IN (SELECT value FROM json_each(%s))", [self.rhs]  # noqa: S608  a column's own name # nosec B608


class _CheckedTenant(Slot):
    """The tenant in a query that finds its rows by their ids."""

    def as_sqlite(self, _compiler: SQLCompiler, _connection: BaseDatabaseWrapper) -> Any:
        # Without statistics SQLite takes a tenant for a handful of rows, and would read them all.
        # In another collation, which is the same for hexadecimal digits, it can't use that index.
        return "%s COLLATE NOCASE", [self]


def _cursor(connection: Any) -> Any:
    """Return a cursor of Django's: logged, wrapped and counted as every other."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    renew_if_spent(connection)
    connection.ensure_connection()
    # Django's own binds on this side, and so can have nothing prepared.
    return connection._prepare_cursor(PreparedCursor(connection.connection, LOADERS))


def in_any_tenant(*, by_id: bool = False) -> AbstractContextManager[None]:
    """Return a block whose querysets have a slot for the tenant."""
    slot: Any = (_CheckedTenant if by_id else Slot)("tenant", models.UUIDField())
    return in_tenant(slot)


@dataclass(frozen=True, slots=True)
class _Written:
    """The SQL for one database, its parameters, and what turns its values into Python's."""

    sql: str
    parameters: list[Any]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]


class Statement:
    """A query made `in_any_tenant`, of columns: whatever differs between its uses is a slot.

    Ids and times come as the texts that JSON shows of them (`kernel.federation.texts`).
    """

    def __init__(self, queryset: QuerySet[Any, tuple[Any, ...]]) -> None:
        self._queryset = queryset
        self._written: dict[str, _Written] = {}

    def rows(self, **values: Any) -> list[Sequence[Any]]:
        """Return the rows of the current tenant for these values; raises TenantRequiredError."""
        values["tenant"] = current_tenant_id()
        alias = self._queryset.db
        written = self._written.get(alias)
        if written is None:
            written = self._written[alias] = self._write(alias)
        connection = connections[alias]
        bound = [
            one.bound(values[one.name], connection) if isinstance(one, Slot) else one
            for one in written.parameters
        ]
        with _cursor(connection) as cursor:
            cursor.execute(written.sql, bound)
            rows: list[Sequence[Any]] = cursor.fetchall()
        return self._converted(rows, written, connection) if written.converters else rows

    def _write(self, alias: str) -> _Written:
        compiler = self._queryset.query.clone().get_compiler(alias)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        as_text = text_converters(connections[alias].vendor)
        return _Written(
            sql,
            list(parameters),
            [
                (place, as_text.get(type(column.output_field), convert), column)
                for place, (convert, column) in converters.items()
            ],
        )

    @staticmethod
    def _converted(
        rows: list[Sequence[Any]], written: _Written, connection: BaseDatabaseWrapper
    ) -> list[Sequence[Any]]:
        made = list(map(list, rows))
        for place, converters, expression in written.converters:
            for row in made:
                value = row[place]
                for convert in converters:
                    value = convert(value, expression, connection)
                row[place] = value
        return made  # type: ignore[return-value]  # lists are sequences
