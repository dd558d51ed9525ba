"""Workflows for staff."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.notifications.admin.trying import trial
from apps.notifications.models import Workflow
from kernel.admin import (
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    badge,
    display,
    row_of,
)


@admin.register(Workflow)
class WorkflowAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
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
    actions_detail = ("attempt",)

    @display(description="state")
    def standing(self, row: Workflow) -> SafeString:
        return badge("on", "success") if row.enabled else badge("off", "warning")

    @action(description="Try it", url_path="try", permissions=["operate"])
    def attempt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what it would do to somebody, with each decision."""
        return trial(self, request, row_of(self, request, object_id))
