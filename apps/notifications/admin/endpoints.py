"""Webhook endpoints and deliveries for staff: how they stand, why they fail, what may be done."""

from typing import Any

import orjson
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.notifications.models import (
    DeliveryState,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.notifications.services.endpoints import disable_endpoint, enable_endpoint
from apps.notifications.services.forwarding import redeliver, try_endpoint
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
from kernel.errors import DomainError

_DELIVERIES = {
    DeliveryState.QUEUED: "info",
    DeliveryState.DELIVERED: "success",
    DeliveryState.FAILED: "danger",
}
_SHOWN = 20


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "standing", "hears", "delivered_at", "last_error", "tenant")
    list_filter = (TenantFilter, "state")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "standing", "url", "hears", "contact", "secrecy", "delivered_at", "failures"),
        *("failing_since", "rests_until", "last_error", "deliveries", "created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("try_it", "enable", "disable")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        used = row is not None and row.state == EndpointState.ACTIVE
        other = "enable" if used else "disable"
        return [one for one in actions if one.method.__name__ != other]

    @display(description="state", ordering="state")
    def standing(self, row: WebhookEndpoint) -> SafeString:
        if row.state == EndpointState.ACTIVE and row.failures:
            return badge(f"failed {row.failures:,} times", "warning")
        kind = "success" if row.state == EndpointState.ACTIVE else "danger"
        return badge(row.get_state_display(), kind)

    @display(description="events")
    def hears(self, row: WebhookEndpoint) -> str:
        more = f" and {len(row.event_types) - 3} more" if len(row.event_types) > 3 else ""
        return ", ".join(row.event_types[:3]) + more

    @display(description="secret")
    def secrecy(self, row: WebhookEndpoint) -> str:
        if row.former_until is None:
            return "kept encrypted"
        return f"kept encrypted; the former signs until {row.former_until:%Y-%m-%d %H:%M} UTC"

    @display(description="last deliveries")
    def deliveries(self, row: WebhookEndpoint) -> SafeString:
        rows = WebhookDelivery.across_tenants.filter(endpoint=row).order_by("-created_at", "-id")
        told = [
            (
                f"{one.created_at:%Y-%m-%d %H:%M:%S}",
                one.event_type,
                badge(one.get_state_display(), _DELIVERIES[DeliveryState(one.state)]),
                f"{one.attempts:,}",
                one.error_message or _answer(one),
            )
            for one in rows[:_SHOWN]
        ]
        return table(("UTC", "event", "state", "attempts", "what came of it"), told, "none yet")

    @action(
        description="Test", url_path="test", permissions=["operate"], variant=ActionVariant.PRIMARY
    )
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then post something that tells of nothing."""
        causes = "One event that tells of nothing is posted; its delivery says what came of it."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Test", causes, try_endpoint)

    @action(description="Enable", url_path="enable", permissions=["operate"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then use it again."""
        causes = "Events are posted there again from now on. What failed stays so."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Enable", causes, enable_endpoint)

    @action(
        description="Disable",
        url_path="disable",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let nothing go there."""
        causes = "Nothing is posted there any more, and what is on its way fails."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Disable", causes, disable_endpoint)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = (
        "event_type",
        "endpoint",
        "standing",
        "attempts",
        "came",
        "created_at",
        "tenant",
    )
    list_select_related = ("endpoint",)
    list_filter = (TenantFilter, "state")
    ordering = ("-id",)
    fields = (
        *("event_type", "endpoint", "standing", "came", "problem", "attempts", "written"),
        *("event_id", "created_at", "not_before", "tried_at", "delivered_at", "test"),
        *("tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("again",)

    @display(description="state", ordering="state")
    def standing(self, row: WebhookDelivery) -> SafeString:
        return badge(row.get_state_display(), _DELIVERIES[DeliveryState(row.state)])

    @display(description="answer")
    def came(self, row: WebhookDelivery) -> str:
        return _answer(row)

    @display(description="error")
    def problem(self, row: WebhookDelivery) -> SafeString | str:
        if not row.error_code:
            return "-"
        return format_html("<code>{}</code>: {}", row.error_code, row.error_message)

    @display(description="what is posted")
    def written(self, row: WebhookDelivery) -> SafeString:
        shown = orjson.dumps(orjson.loads(row.body), option=orjson.OPT_INDENT_2).decode()
        return format_html('<pre class="septet-json">{}</pre>', shown)

    @action(description="Deliver again", url_path="again", permissions=["operate"])
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then post it again."""
        causes = "It is posted at once and then later each time, by the same Webhook-Id."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Deliver again", causes, _redeliver)


def _redeliver(*, id: str) -> WebhookDelivery:
    [outcome] = redeliver(ids=[id])
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def _answer(row: WebhookDelivery) -> str:
    if row.tried_at is None:
        return "not tried yet"
    return f"{row.response_status or 'none'} after {row.duration_ms:,} ms"
