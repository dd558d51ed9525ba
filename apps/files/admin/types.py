"""What the files of each tenant may be, for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.files.conf import ALLOWED_TYPES
from apps.files.models import AllowedTypes
from apps.files.services.types import allow_types
from kernel.admin import (
    ActionVariant,
    Errand,
    LongTextInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    action,
    display,
)
from kernel.tenancy.context import in_tenant


class TypesForm(forms.Form):
    """What files of a tenant may be."""

    tenant = TenantField()
    types = forms.CharField(
        required=False,
        widget=LongTextInput(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Media types, one a line: application/pdf, or image/* for all of a kind. Empty:"
        " whatever the installation lets files be.",
    )

    def clean_types(self) -> list[str]:
        return str(self.cleaned_data["types"]).split()


@admin.register(AllowedTypes)
class AllowedTypesAdmin(SeenOnlyAdmin, TenantAdmin):
    """Tenants that say what their files may be."""

    list_display = ("tenant", "shown_types", "changed_at")
    list_filter = (TenantFilter,)
    ordering = ("-changed_at", "-id")
    fields = readonly_fields = ("tenant", "shown_types", "changed_at")
    actions_list = ("allow",)

    @display(description="types")
    def shown_types(self, row: AllowedTypes) -> str:
        return ", ".join(row.types)

    @action(
        description="Say what files may be",
        url_path="allow",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def allow(self, request: HttpRequest) -> HttpResponse:
        """Ask what they may be, and let nothing else in."""

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                types = allow_types(types=given["types"])
            return f"Files may be {', '.join(types)}." if types else "The tenant has no list."

        everywhere = ", ".join(ALLOWED_TYPES.value())
        return Errand(
            title="Say what files may be",
            introduction=f"Everywhere files may be {everywhere}, and nothing else."
            if everywhere
            else "Everywhere files may be anything.",
            asks=lambda given: f"Let files be {', '.join(given['types']) or 'anything'}?",
            causes=lambda _: [
                "What is scanned from now on and is something else, by its own bytes, is refused.",
                "What is given out stays so until it is scanned again.",
                "No tenant lets in what the installation does not.",
            ],
            act=act,
            back=reverse("admin:files_allowedtypes_changelist"),
            yes="Yes, let them",
        ).run(self, request, TypesForm(request.POST or None))
