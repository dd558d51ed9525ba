"""Who may tell entries over Kafka, for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.audit.models import IntakeSource
from apps.audit.services.sources import add_source, remove_source
from kernel.admin import (
    ActionVariant,
    Errand,
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


class SourceForm(forms.Form):
    """Who may tell, and how it is known to be them."""

    tenant = TenantField()
    source = forms.CharField(
        max_length=500, widget=TextInput(), help_text="The `source` of its CloudEvents."
    )
    public_key = forms.CharField(
        label="Public key",
        required=False,
        max_length=100,
        widget=TextInput(attrs={"autocomplete": "off"}),
        help_text="Ed25519, 32 bytes in base64. With one, what it has not signed is refused.",
    )


@admin.register(IntakeSource)
class IntakeSourceAdmin(SeenOnlyAdmin, TenantAdmin):
    """Who may tell entries over Kafka."""

    list_display = ("source", "tenant", "signs", "added_at")
    list_filter = (TenantFilter,)
    search_fields = ("source",)
    fields = readonly_fields = ("source", "tenant", "signs", "added_at")
    actions_list = ("put",)
    actions_detail = ("remove",)

    @display(description="signs", boolean=True)
    def signs(self, source: IntakeSource) -> bool:
        return source.public_key is not None

    @action(
        description="Add a source",
        url_path="put",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def put(self, request: HttpRequest) -> HttpResponse:
        """Ask who, and let them tell entries."""

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                made = add_source(source=given["source"], public_key=given["public_key"])
            return f"{made} may tell entries."

        return Errand(
            title="Add a source",
            introduction="It tells entries over Kafka, into the log of one tenant.",
            asks=lambda given: f"Let {given['source']} tell entries?",
            causes=lambda given: [
                "What it tells is recorded for ever in the log of this tenant.",
                "What it has not signed is refused."
                if given["public_key"]
                else "It does not sign: whoever may write to the topic can tell in its name.",
            ],
            act=act,
            back=reverse("admin:audit_intakesource_changelist"),
            yes="Yes, add it",
        ).run(self, request, SourceForm(request.POST or None))

    @action(
        description="Remove",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then refuse what it tells."""
        source: IntakeSource = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(source.tenant_id):
                remove_source(source=source.source)
            return f"{source} tells nothing any more."

        return Errand(
            asks=lambda _: f"Remove the source {source}?",
            causes=lambda _: [
                "What it tells from now on is refused, and is a dead letter.",
                "What it has told stays.",
            ],
            act=act,
            back=reverse("admin:audit_intakesource_changelist"),
            yes="Yes, remove it",
        ).run(self, request)
