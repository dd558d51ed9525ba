"""Messages for staff: did she get it, and why not?"""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.notifications.models import Notification, NotificationState, Trigger, TriggerState
from apps.notifications.selectors.timelines import moments_of, runs_of
from apps.notifications.services.notifications import cancel_notification, resend_notification
from apps.notifications.services.triggering import cancel_trigger
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

_STATES = {
    NotificationState.QUEUED: "info",
    NotificationState.SENT: "success",
    NotificationState.FAILED: "danger",
    NotificationState.SKIPPED: "warning",
    NotificationState.CANCELLED: "warning",
}
_TRIGGERS = {
    TriggerState.ACCEPTED: "info",
    TriggerState.STARTED: "success",
    TriggerState.CANCELLED: "warning",
    TriggerState.EXPIRED: "warning",
}


@admin.register(Notification)
class NotificationAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = (
        *("recipient", "channel", "subject", "standing", "why", "created_at", "tenant"),
    )
    list_filter = (TenantFilter, "channel", "state")
    search_fields = ("recipient", "subject")
    ordering = ("-id",)
    fields = (
        *("recipient", "channel", "subject", "standing", "why", "timeline", "body"),
        *("category", "critical", "priority", "locale", "attempts", "not_before", "expires_at"),
        *("created_at", "sent_at", "seen_at", "read_at", "archived_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("resend", "cancel")

    @display(description="state", ordering="state")
    def standing(self, row: Notification) -> SafeString:
        return badge(row.get_state_display(), _STATES[NotificationState(row.state)])

    @display(description="why")
    def why(self, row: Notification) -> str:
        return f"{row.reason_code}: {row.reason}"[:120] if row.reason_code else "-"

    @display(description="what happened")
    def timeline(self, row: Notification) -> SafeString:
        with in_tenant(row.tenant_id):
            moments = moments_of([str(row.pk)])[str(row.pk)]
        told = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.what, one.code, one.why) for one in moments]
        return table(("UTC", "what", "code", "why"), told, "nothing yet")

    @action(description="Send again", url_path="resend", permissions=["operate"])
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then try it again."""
        causes = "It is tried again, if the person wants it by then and the address is good."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Send again", causes, resend_notification)

    @action(
        description="Take back",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it back."""
        causes = "It is not sent. What was sent already cannot be taken back."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Take back", causes, cancel_notification)


@admin.register(Trigger)
class TriggerAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("id", "workflow", "standing", "to", "created_at", "tenant")
    list_select_related = ("workflow",)
    list_filter = (TenantFilter, "state")
    ordering = ("-id",)
    fields = (
        *("workflow", "standing", "to", "unknown", "runs", "data", "key", "priority"),
        *("not_before", "expires_at", "created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("cancel",)

    @display(description="state", ordering="state")
    def standing(self, row: Trigger) -> SafeString:
        return badge(row.get_state_display(), _TRIGGERS[TriggerState(row.state)])

    @display(description="to")
    def to(self, row: Trigger) -> str:
        named = [*row.subscribers, *(f"topic {one}" for one in row.topics)]
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        return ", ".join(named[:5]) + more

    @display(description="people")
    def runs(self, row: Trigger) -> SafeString:
        with in_tenant(row.tenant_id):
            runs = runs_of([str(row.pk)])[str(row.pk)]
        told = [
            (
                one["subscriber"],
                one["state"],
                "; ".join(f"{step['place']} {step['what']}" for step in one["trace"]),
                one["reason"],
            )
            for one in runs
        ]
        return table(("person", "state", "steps", "why"), told, "nobody yet")

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let nothing more come of it."""
        causes = "Whoever waits in it is told nothing more. What was queued or sent stays."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Cancel", causes, cancel_trigger)
