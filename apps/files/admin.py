"""Files for staff."""

from django.contrib import admin

from apps.files.models import File
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(File)
class FileAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "content_type", "size_bytes", "shown_state", "created_at", "tenant")
    list_filter = (TenantFilter, "state")
    search_fields = (
        "name",
        "content_type",
    )
    ordering = ("-id",)
    fields = ("name", "content_type", "size_bytes", "state", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={"quarantined": "warning", "clean": "success", "infected": "danger"},
    )
    def shown_state(self, row: File) -> str:
        return row.state
