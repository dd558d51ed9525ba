"""Retention policies for staff: how long logs are kept, and what comes of another word on it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.audit.domain.retention import Rule
from apps.audit.models import RetentionPolicy
from apps.audit.models.retention import MOST_DAYS
from apps.audit.selectors.staff import due_now
from apps.audit.services.policies import create_policy, delete_policy, update_policy
from kernel.admin import (
    ActionVariant,
    CheckInput,
    Errand,
    NumberInput,
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

_LIST = "admin:audit_retentionpolicy_changelist"


class DaysForm(forms.Form):
    """How long."""

    live_days = forms.IntegerField(
        label="Days in the database",
        min_value=1,
        max_value=MOST_DAYS,
        widget=NumberInput(),
        help_text="From the end of the month in which a log was recorded.",
    )
    archived_days = forms.IntegerField(
        label="Days until they are let go",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        widget=NumberInput(),
        help_text="From the end of the month, too. Empty: they stay in the archive for ever.",
    )
    archived = forms.BooleanField(
        label="Archive them before they leave the database",
        required=False,
        initial=True,
        widget=CheckInput(),
    )

    def days(self) -> dict[str, Any]:
        """Return what was filled in of how long, as the services take it."""
        return {name: self.cleaned_data[name] for name in DaysForm.base_fields}


class PolicyForm(DaysForm):
    """For which actions of which tenant, and how long."""

    tenant = TenantField()
    actions = forms.CharField(
        max_length=200,
        widget=TextInput(),
        help_text="An action, or how some begin with a * behind it: invoice.* or *.",
    )
    field_order = ("tenant", "actions")


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(SeenOnlyAdmin, TenantAdmin):
    """What each tenant says of how long logs are kept."""

    list_display = ("of_actions", "in_database", "in_archive", "tenant", "created_at")
    list_filter = (TenantFilter,)
    search_fields = ("actions",)
    ordering = ("actions", "id")
    fields = ("of_actions", "in_database", "in_archive", "tenant", "created_at", "id")
    readonly_fields = fields
    actions_list = ("create",)
    actions_detail = ("edit", "remove")

    @display(description="actions", ordering="actions")
    def of_actions(self, policy: RetentionPolicy) -> str:
        return policy.actions

    @display(description="in the database", ordering="live_days")
    def in_database(self, policy: RetentionPolicy) -> str:
        return f"{policy.live_days:,} days after their month"

    @display(description="in an archive")
    def in_archive(self, policy: RetentionPolicy) -> str:
        if not policy.archived:
            return "not at all"
        return f"until day {policy.archived_days:,}" if policy.archived_days else "for ever"

    @action(
        description="Add a policy",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask for which actions and how long, say what goes by it, and make it."""
        form = PolicyForm(request.POST or None)

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                policy = create_policy(actions=given["actions"], **form.days())
            return f"There is a policy for {policy} now."

        return Errand(
            title="Add a retention policy",
            introduction="Of the policies of a tenant the one counts whose actions fit longest.",
            asks=lambda given: f"Keep logs of {given['actions']} by this policy?",
            causes=lambda given: _causes(given["tenant"], given["actions"], form.days()),
            act=act,
            back=reverse(_LIST),
            yes="Yes, add it",
        ).run(self, request, form)

    @action(description="Edit", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long, say what goes by it, and change it."""
        policy: RetentionPolicy = row_of(self, request, object_id)
        now = {name: getattr(policy, name) for name in DaysForm.base_fields}
        form = DaysForm(request.POST or None, initial=now)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(policy.tenant_id):
                update_policy(id=str(policy.pk), **form.days())
            return f"The policy for {policy} is changed."

        return Errand(
            title=f"Edit the policy for {policy}",
            introduction="What is archived already stays as it is.",
            asks=lambda _: f"Keep logs of {policy} by these days?",
            causes=lambda _: _causes(policy.tenant_id, policy.actions, form.days()),
            act=act,
            back=reverse("admin:audit_retentionpolicy_change", args=[policy.pk]),
            yes="Yes, change it",
        ).run(self, request, form)

    @action(
        description="Remove",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then remove it."""
        policy: RetentionPolicy = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(policy.tenant_id):
                delete_policy(id=str(policy.pk))
            return f"The policy for {policy} is removed."

        return Errand(
            asks=lambda _: f"Remove the policy for {policy}?",
            causes=lambda _: [
                "Its actions go by the next policy that fits, or by what the settings say.",
                "What is archived already stays as it is.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, remove it",
        ).run(self, request)


def _causes(tenant_id: Any, actions: str, days: dict[str, Any]) -> list[str]:
    with in_tenant(tenant_id):
        due = due_now(Rule(actions=actions, **days))
    if not days["archived"]:
        then = "They are deleted then, for ever; their places in the log are kept."
    elif days["archived_days"]:
        then = f"They are archived then, and let go for ever on day {days['archived_days']:,}."
    else:
        then = "They are archived then, and stay so for ever."
    return [
        f"{actions}: logs leave the database {days['live_days']:,} days after their month. {then}",
        f"{due.archived:,} logs would be archived, {due.deleted:,} deleted, {due.held:,} held.",
        "That is in the next round, by this and all other policies of the tenant.",
    ]
