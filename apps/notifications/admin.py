"""Notifications for staff."""

from django.contrib import admin

from apps.notifications.models import Notification
from kernel.admin import ReadOnlyAdmin, TenantFilter, display


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """The newest first."""

    list_display = ("recipient", "channel", "subject", "shown_state", "created_at", "tenant")
    list_filter = (TenantFilter, "channel", "state")
    search_fields = (
        "recipient",
        "subject",
    )
    ordering = ("-id",)
    fields = ("recipient", "channel", "subject", "state", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={"queued": "info", "sent": "success", "failed": "danger"},
    )
    def shown_state(self, row: Notification) -> str:
        return row.state
