"""Messages for staff: did she get it, and why not?"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationState,
    Report,
    Trigger,
    TriggerState,
)
from apps.notifications.selectors.funnels import MOST_COUNTED, Funnel, funnels_of
from apps.notifications.selectors.timelines import moments_of, runs_of
from apps.notifications.services.notifications import cancel_notification
from apps.notifications.services.resending import resend_notification
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
from kernel.errors import InvalidInputError
from kernel.ids import parse_id
from kernel.tenancy.context import in_tenant

_STATES = {
    NotificationState.QUEUED: "info",
    NotificationState.SENT: "success",
    NotificationState.FAILED: "danger",
    NotificationState.SKIPPED: "warning",
    NotificationState.CANCELLED: "warning",
}
_BAD = frozenset((Report.UNDELIVERED, Report.BOUNCED, Report.COMPLAINED))
#: What can be done to one, as it stands.
_DONE_TO = {
    NotificationState.QUEUED: "cancel",
    NotificationState.FAILED: "resend",
    NotificationState.SKIPPED: "resend",
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
    list_filter = (TenantFilter, "channel", "state", "sandboxed")
    search_help_text = "A person, an address, a subject"
    search_fields = ("recipient", "subject", "subscriber__key", "subscriber__name")
    ordering = ("-id",)
    list_before_template = "kernel/admin/panel.html"
    fields = (
        *("recipient", "person", "channel", "subject", "standing", "why", "timeline", "body"),
        *("provider", "receipt", "reported", "sandboxed"),
        *("category", "critical", "priority", "locale", "attempts", "not_before", "expires_at"),
        *("created_at", "sent_at", "seen_at", "read_at", "archived_at", "snoozed_until"),
        *("tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("resend", "cancel")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show above the list how far its messages come, by channel."""
        rows = Notification.across_tenants.all()
        try:
            tenant_id = parse_id(request.GET.get("tenant", ""))
        except InvalidInputError:
            tenant_id = None
        if tenant_id is not None:
            rows = rows.filter(tenant_id=tenant_id)
        shown = {
            "panel": _funnels(funnels_of(rows)),
            "panel_title": f"How far the newest {MOST_COUNTED:,} come",
        }
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what can be done to it as it stands."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        done = _DONE_TO.get(row.state) if row is not None else None
        return [one for one in offered if one.method.__name__ == done]

    @display(description="state", ordering="state")
    def standing(self, row: Notification) -> SafeString:
        if row.sandboxed:
            return badge("sandboxed", "warning")
        if row.reported in _BAD:
            return badge(row.reported, "danger")
        return badge(row.get_state_display(), _STATES[NotificationState(row.state)])

    @display(description="person")
    def person(self, row: Notification) -> SafeString | str:
        if row.subscriber is None:
            return "-"
        place = reverse("admin:notifications_subscriber_change", args=[row.subscriber.pk])
        return format_html('<a class="septet-link" href="{}">{}</a>', place, row.subscriber)

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
        causes = "It is tried again, to the address of now, if the person wants it by then."
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


def _funnels(funnels: list[Funnel]) -> SafeString:
    told = [
        (
            NotificationChannel(one.channel).label,
            _whole(f"{one.made:,} made"),
            _share(one.sent, "sent", one.made),
            _share(one.delivered, "delivered", one.made),
            _share(one.seen, "seen", one.made),
            _share(one.read, "read", one.made),
            f"{one.failed:,} failed, {one.skipped:,} skipped",
        )
        for one in funnels
    ]
    return table(("channel", "made", "sent", "delivered", "seen", "read", "not sent"), told, "none")


def _whole(text: str) -> SafeString:
    return format_html('<span class="septet-nowrap">{}</span>', text)


def _share(part: int, what: str, whole: int) -> SafeString:
    # What it says is beside the bar, for those who do not see it.
    return format_html(
        '<progress class="septet-bar" max="{}" value="{}" aria-hidden="true"></progress>'
        ' <span class="septet-nowrap">{} {} ({} %)</span>',
        whole,
        part,
        f"{part:,}",
        what,
        round(100 * part / whole),
    )


@admin.register(Trigger)
class TriggerAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("workflow", "standing", "to", "created_at", "tenant")
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
