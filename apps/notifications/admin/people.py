"""Subscribers and suppressed addresses for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.notifications.models import (
    Notification,
    NotificationState,
    Subscriber,
    Suppression,
)
from apps.notifications.selectors.timelines import topics_of
from apps.notifications.services.suppressions import add_suppression, lift_suppression
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    badge,
    display,
    row_of,
    table,
)
from kernel.tenancy.context import in_tenant

_LAST = 10


@admin.register(Subscriber)
class SubscriberAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("key", "name", "email", "verified", "locale", "time_zone", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("key", "email", "name")
    ordering = ("-id",)
    fields = (
        *("key", "name", "email", "verified", "webhook_url", "locale", "time_zone", "topics"),
        *("preferences", "quiet_hours", "last_messages", "created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @display(description="address")
    def verified(self, row: Subscriber) -> SafeString | str:
        if not row.email:
            return "none"
        good = row.email_verified_at is not None
        return badge("verified", "success") if good else badge("not verified", "warning")

    @display(description="topics")
    def topics(self, row: Subscriber) -> str:
        with in_tenant(row.tenant_id):
            return ", ".join(topics_of([str(row.pk)])[str(row.pk)]) or "none"

    @display(description="last messages")
    def last_messages(self, row: Subscriber) -> SafeString:
        with in_tenant(row.tenant_id):
            found = Notification.objects.filter(subscriber=row).order_by("-pk")[:_LAST]
            told = [
                (
                    f"{one.created_at:%Y-%m-%d %H:%M:%S}",
                    format_html(
                        '<a class="septet-link" href="{}">{}</a>, {}',
                        reverse("admin:notifications_notification_change", args=[one.pk]),
                        one.subject,
                        one.get_channel_display(),
                    ),
                    f"{NotificationState(one.state).label}{': ' if one.reason else ''}{one.reason}",
                )
                for one in found
            ]
        return table(("UTC", "message", "what became of it"), told, "none")


class SuppressionForm(forms.Form):
    """An address that nothing is sent to."""

    tenant = TenantField()
    address = forms.CharField(
        max_length=320,
        widget=TextInput(),
        help_text="Of e-mail, or a number such as +4915112345678.",
    )
    category = forms.CharField(
        required=False,
        max_length=100,
        widget=TextInput(),
        help_text="Of this alone; without one, of everything.",
    )


@admin.register(Suppression)
class SuppressionAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("address", "category", "reason", "created_at", "tenant")
    list_filter = (TenantFilter, "reason")
    search_fields = ("address",)
    ordering = ("-id",)
    fields = ("address", "category", "reason", "created_at", "tenant", "id")
    readonly_fields = fields
    actions_list = ("put",)
    actions_detail = ("lift",)

    @action(
        description="Suppress an address",
        url_path="put",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def put(self, request: HttpRequest) -> HttpResponse:
        """Ask which, then send nothing to it any more."""

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                made = add_suppression(address=given["address"], category=given["category"])
            return f"Nothing is sent to {made.address} any more."

        return Errand(
            title="Suppress an address",
            introduction="Somebody has asked for it by another way, or it does harm.",
            asks=lambda given: f"Send nothing to {given['address']} any more?",
            causes=lambda given: [
                f"Of {given['category']} alone." if given["category"] else "Of all that there is.",
                "What is critical as well: it passes only by those who left themselves.",
            ],
            act=act,
            back=reverse("admin:notifications_suppression_changelist"),
            yes="Yes, suppress it",
        ).run(self, request, SuppressionForm(request.POST or None))

    @action(
        description="Lift",
        url_path="lift",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let the address be sent to again."""
        row = row_of(self, request, object_id)

        def act(_given: object) -> str:
            with in_tenant(row.tenant_id):
                lift_suppression(id=str(row.pk))
            return f"{row.address} may be sent to again."

        return Errand(
            asks=lambda _: f"Let {row.address} be sent to again?",
            causes=lambda _: ["An address that bounces hurts how all mail is received."],
            act=act,
            back="../../",
            yes="Yes, lift it",
        ).run(self, request)
