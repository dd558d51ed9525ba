"""Who carries messages, for staff: how each stands, and the devices that are reached."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.notifications.models import NotificationDevice, NotificationProvider
from apps.notifications.services.devices import delete_device
from apps.notifications.services.providers import update_provider
from kernel import clock
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

#: From this rate on a provider is shown as ailing.
_AILING = 0.1


@admin.register(NotificationProvider)
class NotificationProviderAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = (
        *("name", "kind", "channel", "position", "standing", "failing", "succeeded_at", "tenant"),
    )
    list_filter = (TenantFilter, "channel", "kind", "enabled")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "kind", "channel", "position", "standing", "failing", "in_a_row"),
        *("rests_until", "succeeded_at", "failed_at", "last_error", "said", "secrecy"),
        *("per_minute", "burst", "created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("enable", "disable")

    @display(description="state")
    def standing(self, row: NotificationProvider) -> SafeString:
        if not row.enabled:
            return badge("disabled", "warning")
        if row.rests_until is not None and row.rests_until > clock.now():
            return badge("left alone", "danger")
        if row.failure_rate >= _AILING or row.rests_until is not None:
            return badge("ailing", "warning")
        return badge("well", "success") if row.succeeded_at else badge("not used yet", "info")

    @display(description="failure rate")
    def failing(self, row: NotificationProvider) -> str:
        return f"{row.failure_rate:.0%}"

    @display(description="failures in a row")
    def in_a_row(self, row: NotificationProvider) -> int:
        return row.failures

    @display(description="settings")
    def said(self, row: NotificationProvider) -> SafeString:
        told = [(name, value or "-") for name, value in row.settings.items()]
        return table(("setting", "value"), told, "none")

    @display(description="secret")
    def secrecy(self, row: NotificationProvider) -> str:
        return "kept encrypted" if row.secret else "none"

    @action(description="Ask again", url_path="enable", permissions=["operate"])
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let messages go by it at once."""
        causes = "It is enabled, and asked for the next message, however often it has failed."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Ask again", causes, _enable)

    @action(
        description="Disable",
        url_path="disable",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let no message go by it."""
        causes = "Messages go by the next of its channel, or fail where there is none."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Disable", causes, _disable)


@admin.register(NotificationDevice)
class NotificationDeviceAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("subscriber", "kind", "label", "reached_at", "created_at", "tenant")
    list_select_related = ("subscriber",)
    list_filter = (TenantFilter, "kind")
    ordering = ("-id",)
    fields = (
        *("subscriber", "kind", "channel", "label", "reached_at", "created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("forget",)

    @action(
        description="Forget",
        url_path="forget",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def forget(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then send nothing to it any more."""
        causes = "Nothing is sent to it any more, until it registers again."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Forget", causes, delete_device)


def _enable(*, id: str) -> NotificationProvider:
    return update_provider(id=id, enabled=True)


def _disable(*, id: str) -> NotificationProvider:
    return update_provider(id=id, enabled=False)
