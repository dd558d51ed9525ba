"""Tables for staff: what they are made of, and the first of their rows."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import usable_rows
from apps.importexport.selectors.tables import order_by_key, row_told
from apps.importexport.services.tables import archive_table, restore_table
from kernel.admin import (
    ActionVariant,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    ask_then,
    badge,
    display,
    row_of,
    table,
)
from kernel.tenancy.context import in_tenant

_KINDS = {TableState.READY: "success", TableState.CHANGING: "warning"}
_ROWS, _COLUMNS, _CHARACTERS = 10, 12, 60


@admin.register(DataTable)
class DataTableAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "title", "standing", "columns", "created_at", "tenant")
    list_filter = (TenantFilter, "state")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "title", "description", "standing", "described_fields", "first_rows"),
        *("created_at", "changed_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("archive", "restore")

    @display(description="state", ordering="state")
    def standing(self, row: DataTable) -> SafeString:
        return badge(row.get_state_display(), _KINDS.get(TableState(row.state), "info"))

    @display(description="fields")
    def columns(self, row: DataTable) -> int:
        return len(row.schema)

    @display(description="fields")
    def described_fields(self, row: DataTable) -> SafeString:
        told = [
            (
                one.name + (" (key)" if one.name in row.key else ""),
                one.kind,
                "required" if one.required else "",
                f"{one.relation.dataset}.{one.relation.field}" if one.relation else "",
                one.masked_without,
            )
            for one in row.described.values()
        ]
        return table(("field", "kind", "", "refers to", "masked without"), told, "none")

    @display(description="first rows")
    def first_rows(self, row: DataTable) -> SafeString | str:
        if row.state == TableState.CHANGING:
            return "being rewritten"
        names = list(row.described)[:_COLUMNS]
        # Staff see no more of what is masked than others without the scope.
        masked = frozenset(one.name for one in row.described.values() if one.masked_without)
        with in_tenant(row.tenant_id):
            rows = usable_rows(row).across_tenants.filter(tenant_id=row.tenant_id)
            found = [
                [str(value)[:_CHARACTERS] for value in row_told(one, names, masked).values()]
                for one in rows.order_by(*order_by_key(row))[:_ROWS]
            ]
        return table(names, found, "none")

    @action(
        description="Archive",
        url_path="archive",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then archive it."""
        causes = "Its rows are read, and neither imports nor people write them any more."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Archive", causes, archive_table)

    @action(description="Restore", url_path="restore", permissions=["operate"])
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then restore it."""
        causes = "Its rows may be written again."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Restore", causes, restore_table)
