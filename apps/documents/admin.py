"""Documents for staff."""

from django.contrib import admin

from apps.documents.models import Document
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("title", "format", "shown_state", "created_at", "tenant")
    list_filter = (TenantFilter, "format", "state")
    search_fields = ("title",)
    ordering = ("-id",)
    fields = ("title", "format", "state", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={"queued": "info", "ready": "success", "failed": "danger"},
    )
    def shown_state(self, row: Document) -> str:
        return row.state
