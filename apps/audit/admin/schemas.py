"""Schemas of actions for staff: a version is tried on what was recorded before it is added."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.domain.schemas import MOST_BYTES
from apps.audit.models import ActionSchema, SchemaMode
from apps.audit.selectors.trials import trial
from apps.audit.services.schemas import add_schema, set_mode
from kernel.admin import (
    ActionVariant,
    Errand,
    LongTextInput,
    SeenOnlyAdmin,
    SelectInput,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant

_LIST = "admin:audit_actionschema_changelist"
_COMES = {
    SchemaMode.OFF: "It does nothing until its mode is changed.",
    SchemaMode.WARN: "Entries that do not fit are recorded, counted and told by an event.",
    SchemaMode.ENFORCE: "Entries that do not fit are refused: whoever tells them has an error.",
}


class ModeForm(forms.Form):
    """What a version does."""

    mode = forms.ChoiceField(
        choices=SchemaMode.choices, initial=SchemaMode.WARN, widget=SelectInput()
    )


class SchemaForm(ModeForm):
    """The next version of the schema of an action."""

    tenant = TenantField()
    action = forms.CharField(max_length=200, widget=TextInput())
    schema = forms.CharField(
        max_length=MOST_BYTES,
        widget=LongTextInput(attrs={"rows": 16, "spellcheck": "false"}),
        help_text="JSON Schema 2020-12 of a whole entry. A version never changes afterwards.",
    )
    field_order = ("tenant", "action", "schema", "mode")

    def clean_schema(self) -> Any:
        try:
            return json.loads(self.cleaned_data["schema"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from None


@admin.register(ActionSchema)
class ActionSchemaAdmin(SeenOnlyAdmin, TenantAdmin):
    """What entries have to look like."""

    list_display = ("action", "version", "in_mode", "tenant", "created_at")
    list_filter = (TenantFilter, "mode")
    search_fields = ("action",)
    ordering = ("action", "-version")
    fields = readonly_fields = ("action", "version", "in_mode", "tenant", "created_at", "text")
    actions_list = ("create",)
    actions_detail = ("change_mode",)

    @display(description="mode", label={"off": "info", "warn": "warning", "enforce": "success"})
    def in_mode(self, schema: ActionSchema) -> str:
        return schema.mode

    @display(description="schema")
    def text(self, schema: ActionSchema) -> SafeString:
        text = json.dumps(schema.schema, indent=2, ensure_ascii=False)
        return format_html('<pre class="septet-json">{}</pre>', text)

    @action(
        description="Add a version",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask for it, say what it would have done to recent logs, and add it."""

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                made = add_schema(
                    action=given["action"], schema=given["schema"], mode=given["mode"]
                )
            return f"{made} is there, and its mode is {made.mode}."

        return Errand(
            title="Add a version of a schema",
            introduction="The versions before it stay, each in its own mode.",
            asks=lambda given: f"Hold entries of {given['action']} to this version?",
            causes=lambda given: _causes(
                given["tenant"], given["action"], given["schema"], given["mode"]
            ),
            act=act,
            back=reverse(_LIST),
            yes="Yes, add it",
        ).run(self, request, SchemaForm(request.POST or None))

    @action(description="Change the mode", url_path="mode", permissions=["operate"])
    def change_mode(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the mode, say what it would have done to recent logs, and set it."""
        row: ActionSchema = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with in_tenant(row.tenant_id):
                set_mode(action=row.action, version=row.version, mode=given["mode"])
            return f"The mode of {row} is {given['mode']} now."

        return Errand(
            title=f"Change the mode of {row}",
            introduction=f"Its mode is {row.mode}.",
            asks=lambda given: f"Let {row} be {given['mode']}?",
            causes=lambda given: _causes(row.tenant_id, row.action, row.schema, given["mode"]),
            act=act,
            back=reverse("admin:audit_actionschema_change", args=[row.pk]),
            yes="Yes, change it",
        ).run(self, request, ModeForm(request.POST or None, initial={"mode": row.mode}))


def _causes(tenant_id: Any, action: str, schema: Any, mode: str) -> list[str]:
    with in_tenant(tenant_id):
        found = trial(action, schema)
    logs = f"the last {found.tried:,} log{'s' * (found.tried != 1)}"
    if not found.tried:
        told = ["No log of this action is there to try it on."]
    elif not found.misfits:
        told = [f"All {logs} of the action fit."]
    else:
        told = [
            f"Of {logs} of the action {found.misfits:,} do not fit.",
            *(f"Such as: {one}." for one in found.told),
        ]
    return [*told, _COMES[SchemaMode(mode)], "It is on record in the tenant's log."]
