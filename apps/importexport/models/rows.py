"""Rows of tables that tenants describe: a model for each description, which no registry knows.

Their columns are called after the fields, behind `c_`: what people write is never part of a
statement but as a value, and no field can be called as something of Django's.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeAlias
from uuid import UUID

from django.apps.registry import Apps
from django.db import models

from apps.importexport.access import DATA_TABLE
from apps.importexport.domain.tables.values import plain
from apps.importexport.domain.values.scalars import PRECISION, SCALE
from apps.importexport.models.tables import DataTable, TableState
from contracts.datasets import Field, Kind
from kernel import clock
from kernel.errors import UnavailableError
from kernel.tenancy.models import TenantModel

#: What the tables of tenants are called, before the digits of their ids.
TABLES: Final = "importexport_t_"


class ExactDecimalField(models.Field[Any, Any]):
    """numeric(38, 20); a text without an exponent where a database has no exact numbers."""

    def db_type(self, connection: Any) -> str:
        """Return the type of the column."""
        return "text" if connection.vendor == "sqlite" else f"numeric({PRECISION}, {SCALE})"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return what the column holds."""
        if value is None or connection.vendor != "sqlite":
            return value
        return plain(Decimal(value))

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Decimal | None:
        """Return what the column holds as Python has it."""
        return None if value is None else Decimal(value)


class DataRow(TenantModel):
    """What every row of such a table has."""

    access = DATA_TABLE

    #: The batch of an import that wrote it last; none of what was written by hand.
    batch_id = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    #: The kinds of its fields, by their names.
    kinds: ClassVar[Mapping[str, Kind]] = {}

    def value(self, name: str) -> Any:
        """Return the value of a field, as Python has it."""
        return getattr(self, column_of(name))

    @classmethod
    def table(cls) -> str:
        """Return what the database calls its table."""
        return cls._meta.db_table

    @classmethod
    def columns(cls) -> dict[str, "models.Field[Any, Any]"]:
        """Return the columns of its table by their names, in their order."""
        return {str(one.column): one for one in cls._meta.concrete_fields}


RowModel: TypeAlias = type[DataRow]

_COLUMNS: Final[Mapping[Kind, Callable[[], models.Field[Any, Any]]]] = {
    Kind.TEXT: lambda: models.TextField(null=True),
    Kind.INTEGER: lambda: models.BigIntegerField(null=True),
    Kind.DECIMAL: lambda: ExactDecimalField(null=True),
    Kind.BOOLEAN: lambda: models.BooleanField(null=True),
    Kind.DATE: lambda: models.DateField(null=True),
    Kind.DATETIME: lambda: models.DateTimeField(null=True),
    Kind.UUID: lambda: models.UUIDField(null=True),
    Kind.JSON: lambda: models.JSONField(null=True),
}


def physical_name(table: DataTable) -> str:
    """Return what the database calls the table."""
    return name_of(table.pk)


def name_of(table_id: UUID) -> str:
    """Return what the database calls the table of this id."""
    return f"{TABLES}{table_id.hex}"


def column_of(field: Field | str) -> str:
    """Return what the database calls the column of a field."""
    return f"c_{field if isinstance(field, str) else field.name}"


def usable_rows(table: DataTable) -> RowModel:
    """Return the model of a table's rows; raises UnavailableError while they are rewritten."""
    if table.state == TableState.CHANGING:
        raise UnavailableError(f"the rows of {table.name} are being rewritten; try again soon")
    return model_of(table)


def model_of(table: DataTable) -> RowModel:
    """Return the model of a table's rows, whatever state the table is in."""
    kinds = tuple((one.name, one.kind) for one in table.described.values())
    return _model(physical_name(table), kinds)


@lru_cache(maxsize=256)
def _model(name: str, kinds: Sequence[tuple[str, Kind]]) -> RowModel:
    meta = type("Meta", (), {"app_label": "importexport", "apps": Apps(()), "db_table": name})
    columns = {column_of(field): _COLUMNS[kind]() for field, kind in kinds}
    made = type(
        "Row", (DataRow,), {"__module__": __name__, "Meta": meta, "kinds": dict(kinds), **columns}
    )
    found: RowModel = made
    return found
