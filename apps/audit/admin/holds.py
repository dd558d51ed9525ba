"""Legal holds for staff: placed and released, each with its reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.audit.admin.questions import QuestionForm, told_of
from apps.audit.domain.queries import LogQuery
from apps.audit.models import LegalHold
from apps.audit.selectors.staff import found_by
from apps.audit.services.holds import place_hold, release_hold
from kernel.admin import (
    ActionVariant,
    Errand,
    LongTextInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    badge,
    confirmed,
    display,
    row_of,
    table,
)
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant


class HoldForm(QuestionForm):
    """What is held, and why."""

    tenant = TenantField()
    name = forms.CharField(max_length=200, widget=TextInput(), help_text="Of the case, say.")
    reason = forms.CharField(max_length=2000, widget=LongTextInput(attrs={"rows": 3}))
    field_order = ("tenant", "name", "reason")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=2000, widget=LongTextInput(attrs={"rows": 3}))


@admin.register(LegalHold)
class LegalHoldAdmin(SeenOnlyAdmin, TenantAdmin):
    """What may not go, because somebody asked for it."""

    list_display = ("name", "standing", "what", "placed_by", "placed_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("name", "reason")
    ordering = ("-placed_at", "-id")
    actions = ("release",)
    actions_list = ("place",)
    actions_detail = ("release_one",)
    fields = (
        "name",
        "standing",
        "reason",
        "what",
        "tenant",
        "placed_by",
        "placed_at",
        "released_by",
        "released_at",
        "release_reason",
        "id",
    )
    readonly_fields = fields

    @display(description="state")
    def standing(self, hold: LegalHold) -> SafeString:
        return badge("released", "info") if hold.released_at else badge("holds", "warning")

    @display(description="on")
    def what(self, hold: LegalHold) -> SafeString | str:
        parts = [(name.replace("_", " "), value) for name, value in hold.query.items()]
        return table(("part", "value"), parts, "") if parts else "every log of the tenant"

    @admin.action(description="Release the selected holds", permissions=["change"])
    @confirmed
    def release(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        """What they are on may be deleted, dropped and erased again, as policies and people say.
        The release is on record under your name."""
        for hold in holds:
            try:
                with in_tenant(hold.tenant_id):
                    release_hold(id=str(hold.pk), reason="released by staff")
                messages.success(request, f"{hold} is released.")
            except DomainError as error:
                messages.error(request, f"{hold}: {error}.")

    @action(
        description="Place a hold",
        url_path="place",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def place(self, request: HttpRequest) -> HttpResponse:
        """Ask for which logs and why, say on how many it is, and place it."""

        def causes(given: dict[str, Any]) -> list[str]:
            with in_tenant(given["tenant"]):
                on = found_by(LogQuery.of(given["query"]))
            which = told_of(given["query"]) or "every log of the tenant"
            return [
                f"It is on {which}: {on} in the database now, those that come, and archived ones.",
                "Until it is released nothing of it goes, and no subject in it can be erased.",
                "It is on record under your name.",
            ]

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                hold = place_hold(name=given["name"], reason=given["reason"], query=given["query"])
            return f"{hold} holds."

        return Errand(
            title="Place a legal hold",
            introduction="It is on all logs of the tenant that fit every part that you fill in; on"
            " all of them if you fill in none.",
            asks=lambda given: f"Place the hold {given['name']!r}?",
            causes=causes,
            act=act,
            back=reverse("admin:audit_legalhold_changelist"),
            yes="Yes, place it",
        ).run(self, request, HoldForm(request.POST or None))

    @action(description="Release", url_path="release", permissions=["operate"])
    def release_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and release it."""
        hold: LegalHold = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with in_tenant(hold.tenant_id):
                release_hold(id=str(hold.pk), reason=given["reason"])
            return f"{hold} is released."

        return Errand(
            title=f"Release {hold}",
            introduction=f"It was placed by {hold.placed_by} for this reason: {hold.reason}",
            asks=lambda _: f"Release {hold}?",
            causes=lambda _: [
                "What it is on may be deleted, dropped and erased again, as policies say.",
                "What is due of it goes in the next round.",
                "It cannot be taken back, only placed anew. It is on record under your name.",
            ],
            act=act,
            back=reverse("admin:audit_legalhold_change", args=[hold.pk]),
            yes="Yes, release it",
        ).run(self, request, ReasonForm(request.POST or None))
