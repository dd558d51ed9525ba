"""Workflows for staff."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.notifications.models import Workflow
from kernel.admin import KeysetAdmin, ReadOnlyAdmin, TenantFilter, badge, display


@admin.register(Workflow)
class WorkflowAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The newest first."""

    list_display = ("name", "category", "standing", "number", "created_at", "tenant")
    list_filter = (TenantFilter, "enabled")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "category", "standing", "critical", "number", "steps", "rules"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @display(description="state")
    def standing(self, row: Workflow) -> SafeString:
        return badge("on", "success") if row.enabled else badge("off", "warning")
