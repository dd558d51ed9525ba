"""Viewer tokens for staff: links to some logs, for people who have no account here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.admin.questions import QuestionForm, told_of
from apps.audit.domain.queries import LogQuery
from apps.audit.models import ViewerToken
from apps.audit.selectors.viewers import path_of
from apps.audit.services.viewers import (
    MOST_MINUTES,
    USUAL_MINUTES,
    create_viewer_token,
    revoke_viewer_token,
)
from kernel import clock
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    NumberInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    badge,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant

_LIST = "admin:audit_viewertoken_changelist"


class LinkForm(QuestionForm):
    """Which logs are shown, and for how long."""

    tenant = TenantField()
    name = forms.CharField(
        max_length=200, widget=TextInput(), help_text="Who opens it reads this as its title."
    )
    minutes = forms.IntegerField(
        label="Good for so many minutes",
        min_value=1,
        max_value=MOST_MINUTES,
        initial=USUAL_MINUTES,
        widget=NumberInput(),
    )
    field_order = ("tenant", "name", "minutes")


@admin.register(ViewerToken)
class ViewerTokenAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Who was given a link, to which logs, and whether it still opens them."""

    list_display = ("name", "standing", "who", "created_at", "expires_at", "opened_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name",)
    ordering = ("-id",)
    fields = readonly_fields = (
        "name",
        "standing",
        "what",
        "personal",
        "who",
        "tenant",
        "created_at",
        "expires_at",
        "opened_at",
        "revoked_at",
        "id",
    )
    actions_list = ("make",)
    actions_detail = ("revoke",)

    @display(description="state")
    def standing(self, viewer: ViewerToken) -> SafeString:
        if viewer.revoked_at is not None:
            return badge("revoked", "danger")
        good = viewer.good_at(clock.now())
        return badge("good", "success") if good else badge("expired", "info")

    @display(description="shows")
    def what(self, viewer: ViewerToken) -> str:
        return told_of(viewer.query) or "every log of the tenant"

    @display(description="by", ordering="owner_name")
    def who(self, viewer: ViewerToken) -> str:
        return viewer.owner_name or viewer.owner_id

    @action(
        description="Make a link",
        url_path="make",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def make(self, request: HttpRequest) -> HttpResponse:
        """Ask which logs and for how long, and make a link that is shown once."""

        def act(given: dict[str, Any]) -> SafeString:
            with in_tenant(given["tenant"]):
                viewer = create_viewer_token(
                    name=given["name"],
                    query=LogQuery.of(given["query"]),
                    minutes=given["minutes"],
                )
            return format_html(
                "The link is made. It is shown here once; give it to nobody but whom it is for:"
                ' <code class="septet-long">{}</code>',
                request.build_absolute_uri(path_of(viewer)),
            )

        return Errand(
            title="Make a link to some logs",
            introduction="Who has the link sees the logs of the tenant that fit every part that"
            " you fill in, without an account. They can narrow them, never widen.",
            asks=lambda given: f"Make the link {given['name']!r}?",
            causes=lambda given: [
                f"It shows {told_of(given['query']) or 'EVERY log of the tenant'}.",
                f"It is good for {given['minutes']} minutes, or until you revoke it.",
                "Fields that are marked as personal are not shown.",
                "It is on record under your name, and so is when it is first opened.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, make it",
        ).run(self, request, LinkForm(request.POST or None))

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it open nothing any more."""
        viewer: ViewerToken = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(viewer.tenant_id):
                revoke_viewer_token(id=str(viewer.pk))
            return f"{viewer.name!r} opens nothing any more."

        return Errand(
            asks=lambda _: f"Revoke the link {viewer.name!r}?",
            causes=lambda _: [
                "Whoever has it sees nothing any more, from now on and for ever.",
                "What they have downloaded they keep.",
            ],
            act=act,
            back=reverse("admin:audit_viewertoken_change", args=[viewer.pk]),
            yes="Yes, revoke it",
        ).run(self, request)
