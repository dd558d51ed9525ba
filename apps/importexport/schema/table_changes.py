"""What callers send about tables and their rows, and what may be changed about them."""

from typing import Any

import graphene

from apps.importexport.models import DataTable
from apps.importexport.models.rows import DataRow
from apps.importexport.schema.table_types import DataTableRow, DataTableType, TableStateEnum
from apps.importexport.selectors.tables import table_named
from apps.importexport.services.table_rows import (
    add_row,
    change_row,
    check_outside,
    delete_row,
)
from apps.importexport.services.tables import (
    archive_table,
    create_table,
    delete_table,
    delete_tables,
    describe_table,
    restore_table,
)
from kernel.federation.mutations import (
    BulkDelete,
    ById,
    ByIds,
    ChangeInput,
    Create,
    Delete,
    Update,
)
from kernel.federation.scalars import JSON

SCHEMA = "A Table Schema (Frictionless Data); its `primaryKey` tells rows apart."


class DataTableFilter(graphene.InputObjectType):
    """Which tables; every part that is given has to fit."""

    name = graphene.String()
    state = TableStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class DataTableOrder(graphene.Enum):
    """In which order tables are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class CreateDataTableInput(ChangeInput):
    """A table to be made."""

    name = graphene.String(required=True, description="Such as `airports`; it stays.")
    title = graphene.String()
    description = graphene.String()
    schema = JSON(required=True, description=SCHEMA)


class UpdateDataTableInput(ById):
    """What a table is from now on; what is not sent stays."""

    title = graphene.String()
    description = graphene.String()
    schema = JSON(description=f"All of it. {SCHEMA}")
    confirm = graphene.Boolean(description="Values of fields that are left out may be lost.")


class ArchiveDataTableInput(ById):
    """The table that is written no more."""


class RestoreDataTableInput(ById):
    """The table that is written again."""


class DeleteDataTableInput(ById):
    """The table to remove, with all its rows."""


class DeleteDataTablesInput(ByIds):
    """The tables to remove, with all their rows."""


class AddDataTableRowInput(ChangeInput):
    """A row to be added to a table."""

    table = graphene.String(required=True, description="Its name or its id.")
    values = JSON(required=True, description="By the names of the fields.")


class ChangeDataTableRowInput(ById):
    """Values that a row has from now on; those that are not named stay."""

    table = graphene.String(required=True, description="Its name or its id.")
    values = JSON(required=True, description="By the names of the fields.")


class DeleteDataTableRowInput(ById):
    """The row to remove from a table."""

    table = graphene.String(required=True, description="Its name or its id.")


class ChangeRow(Update):
    """A change of one row of a table."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "row_id": graphene.ID(),
            "row": graphene.Field(
                DataTableRow,
                description="Null where it is answered again by an idempotency key.",
            ),
        }

    def done(self, made: tuple[DataTable, DataRow]) -> dict[str, Any]:
        table, row = made
        return {
            self.member: table,
            "row_id": str(row.pk),
            "row": DataTableRow.of(table, row),
        }

    def kept(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "row"}


class WriteRow(ChangeRow):
    """A row with values, some of which may lead to rows of other apps."""

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        # Others are asked before a transaction begins, that of a key included.
        key, rest = super().keyed(sent, of_request)
        check_outside(table=rest["table"], values=rest["values"])
        return key, rest


def _with_table(by: Any) -> Any:
    def changed(*, table: str, **sent: Any) -> tuple[DataTable, DataRow]:
        return table_named(table), by(table=table, **sent)

    return changed


class TableChanges:
    """Changes of tables and their rows."""

    create_data_table = Create(
        DataTableType,
        input=CreateDataTableInput,
        by=create_table,
        description="Make a table with fields of the tenant's own.",
    )
    update_data_table = Update(
        DataTableType,
        input=UpdateDataTableInput,
        by=describe_table,
        description="Describe a table anew: more fields, wider ones, or what people call it.",
    )
    archive_data_table = Update(
        DataTableType,
        input=ArchiveDataTableInput,
        by=archive_table,
        description="Let a table be read, and not written any more.",
    )
    restore_data_table = Update(
        DataTableType,
        input=RestoreDataTableInput,
        by=restore_table,
        description="Let an archived table be written again.",
    )
    delete_data_table = Delete(
        DataTableType,
        input=DeleteDataTableInput,
        by=delete_table,
        description="Remove a table with its rows; CONFLICT while another refers to it.",
    )
    delete_data_tables = BulkDelete(
        DataTableType,
        input=DeleteDataTablesInput,
        by=delete_tables,
        description="Remove many tables; one that is referred to does not keep the others.",
    )
    add_data_table_row = WriteRow(
        DataTableType,
        input=AddDataTableRowInput,
        by=_with_table(add_row),
        description="Add a row to a table.",
    )
    change_data_table_row = WriteRow(
        DataTableType,
        input=ChangeDataTableRowInput,
        by=_with_table(change_row),
        description="Correct a row of a table.",
    )
    delete_data_table_row = ChangeRow(
        DataTableType,
        input=DeleteDataTableRowInput,
        by=_with_table(delete_row),
        description="Remove a row of a table.",
    )
