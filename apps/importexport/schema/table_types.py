"""Tables and their rows as the graph shows them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import graphene

from apps.importexport.domain.tables.table_schema import schema_of
from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import DataRow, usable_rows
from apps.importexport.selectors.tables import (
    masked_fields,
    matching,
    order_by_key,
    row_told,
    table_named,
)
from kernel.errors import InvalidInputError
from kernel.federation.directives import key, list_size
from kernel.federation.entities import Entity
from kernel.federation.pages import Edge, Page, PageInfo, page_arguments
from kernel.federation.scalars import JSON
from kernel.federation.windows import DEFAULT_PAGE, Window
from kernel.ids import parse_id
from kernel.tenancy.context import require

TableStateEnum = graphene.Enum.from_enum(
    TableState,
    name="DataTableState",
    description="Where a table stands; while it is CHANGING, nobody reads or writes its rows.",
)


@key("id")
class DataTableType(Entity):
    """A dataset that the tenant has described; `dataTableRows` has its rows."""

    class Meta:
        model = DataTable
        name = "DataTable"
        fields = ("id", "name", "title", "description", "created_at", "changed_at")

    state = TableStateEnum(required=True)
    dataset = graphene.String(required=True, description="What exports and imports call it.")
    schema = JSON(required=True, description="A Table Schema (Frictionless Data).")

    @staticmethod
    def resolve_dataset(table: DataTable, _info: Any) -> str:
        return table.dataset_name

    @staticmethod
    def resolve_schema(table: DataTable, _info: Any) -> dict[str, Any]:
        return schema_of(tuple(table.described.values()), table.key)


class DataTableRow(graphene.ObjectType):
    """A row of a table."""

    id = graphene.ID(required=True)
    values = JSON(required=True, description="By the names of the fields; `***` is masked.")
    changed_at = graphene.DateTime(required=True)
    batch_id = graphene.ID(description="The batch of an import that wrote it last.")

    @classmethod
    def of(cls, table: DataTable, row: DataRow) -> "DataTableRow":
        """Return a row as whoever acts may see it."""
        return cls(
            id=str(row.pk),
            values=row_told(row, row.kinds, masked_fields(table)),
            changed_at=row.changed_at,
            batch_id=row.batch_id,
        )


class DataTableRowEdge(graphene.ObjectType):
    """One row and its place in the list."""

    node = graphene.Field(DataTableRow, required=True)
    cursor = graphene.String(required=True)


class DataTableRowConnection(graphene.ObjectType):
    """A page of rows of a table, in the order of its key."""

    edges = graphene.List(graphene.NonNull(DataTableRowEdge), required=True)
    nodes = graphene.List(
        graphene.NonNull(DataTableRow), required=True, description="The rows without their cursors."
    )
    page_info = graphene.Field(PageInfo, required=True)
    total_count = graphene.Int(
        required=True, description="Rows on all pages together. Counted only when selected."
    )


class _Rows(Page):
    """A page of a table's rows, told as whoever acts may see them."""

    def __init__(
        self, table: DataTable, filters: dict[str, Any], import_id: str | None, window: Window
    ) -> None:
        rows = matching(table, usable_rows(table), filters)
        if import_id:
            rows = rows.filter(batch_id=parse_id(import_id))
        super().__init__(lambda: rows, window, order_by_key(table))
        self._table = table

    @cached_property
    def _told(self) -> list[Edge]:
        found = self._slice
        return [Edge(DataTableRow.of(self._table, row), found.cursor(row)) for row in found.rows]

    @property
    def edges(self) -> list[Edge]:
        return self._told

    @property
    def nodes(self) -> list[Any]:
        return [one.node for one in self._told]


class RowsOfTable(graphene.Field):
    """A root field: a page of the rows of a table."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            DataTableRowConnection,
            required=True,
            table=graphene.String(required=True, description="Its name or its id."),
            filter=JSON(description="Values by the names of fields, or lists of them: any fits."),
            import_id=graphene.ID(
                description="Only rows that this import has written and nobody has since."
            ),
            **page_arguments(),
            **options,
        )
        list_size(
            assumed_size=DEFAULT_PAGE,
            slicing_arguments=["first", "last"],
            sized_fields=["nodes", "edges"],
            require_one_slicing_argument=False,
        )(self)

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda _root, _info, **arguments: self.page(**arguments)

    def page(
        self, *, table: str, filter: Any = None, import_id: str | None = None, **window: Any
    ) -> Page:
        """Return the page that is wanted; raises a DomainError."""
        require(DataTableType.scope)
        if filter is not None and not isinstance(filter, dict):
            raise InvalidInputError("the filter is an object of fields and values")
        return _Rows(table_named(table), filter or {}, import_id, Window.of(**window))
