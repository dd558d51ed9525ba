"""Import jobs for staff."""

from django.contrib import admin

from apps.importexport.models import ImportJob
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "format", "shown_state", "row_count", "created_at", "tenant")
    list_filter = (TenantFilter, "format", "state")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = ("name", "format", "state", "row_count", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={"queued": "info", "running": "warning", "done": "success", "failed": "danger"},
    )
    def shown_state(self, row: ImportJob) -> str:
        return row.state
