"""Rules of what is personal, for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.audit.models import PersonalFieldRule
from apps.audit.services.personal_rules import add_rule, end_rule
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
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant

_LIST = "admin:audit_personalfieldrule_changelist"


class RuleForm(forms.Form):
    """What is personal, and of whom."""

    tenant = TenantField()
    actions = forms.CharField(
        max_length=200,
        widget=TextInput(),
        help_text="invoice.approved, all that begin alike as invoice.*, or *.",
    )
    subject = forms.CharField(
        max_length=500,
        initial="/actor/id",
        widget=TextInput(attrs={"spellcheck": "false"}),
        help_text="Where an entry names the person: /actor/id, /targets/user/id,"
        " /metadata/customer.",
    )
    places = forms.CharField(
        label="Fields",
        widget=LongTextInput(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One a line: /actor/name, /context/ipAddress, /targets/user/name,"
        " /changes/email/after, /metadata/email.",
    )

    def clean_places(self) -> list[str]:
        return self.cleaned_data["places"].split()


@admin.register(PersonalFieldRule)
class PersonalFieldRuleAdmin(SeenOnlyAdmin, TenantAdmin):
    """What is personal, whoever tells it."""

    list_display = ("actions", "in_force", "sealed", "subject", "tenant", "added_at")
    list_filter = (TenantFilter, ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("actions",)
    ordering = ("actions", "-added_at")
    fields = readonly_fields = (
        "actions",
        "in_force",
        "subject",
        "sealed",
        "tenant",
        "added_at",
        "ended_at",
    )
    actions_list = ("create",)
    actions_detail = ("end",)

    @display(description="state", label={"in force": "success", "ended": "info"})
    def in_force(self, rule: PersonalFieldRule) -> str:
        return "ended" if rule.ended_at else "in force"

    @display(description="personal fields")
    def sealed(self, rule: PersonalFieldRule) -> str:
        return ", ".join(rule.fields)

    @action(
        description="Add a rule",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask what is personal, and let it be sealed from now on."""

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                made = add_rule(
                    actions=given["actions"], subject=given["subject"], fields=given["places"]
                )
            return f"The rule for {made.actions} is in force."

        return Errand(
            title="Add a rule",
            introduction="Fields that it names are sealed under a key of their subject.",
            asks=lambda given: (
                f"Let {len(given['places'])} fields of {given['actions']} be personal?"
            ),
            causes=lambda given: [
                f"Sealed in what is told from now on: {', '.join(given['places'])}.",
                "Logs that are there stay as they are.",
                "Who has the scope audit:personal sees these fields; no search finds them.",
                "Erasing the subject erases them for ever.",
                "It is on record in the tenant's log.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, add it",
        ).run(self, request, RuleForm(request.POST or None))

    @action(
        description="End",
        url_path="end",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it make nothing personal any more."""
        rule: PersonalFieldRule = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(rule.tenant_id):
                end_rule(id=str(rule.pk))
            return f"The rule for {rule.actions} has ended."

        return Errand(
            asks=lambda _: f"End the rule for {rule.actions}?",
            causes=lambda _: [
                "What is told from now on has these fields in clear, for ever.",
                "What it sealed stays sealed.",
            ],
            act=act,
            back=reverse("admin:audit_personalfieldrule_change", args=[rule.pk]),
            yes="Yes, end it",
        ).run(self, request)
