"""Flags made, described, archived and taken up again by staff, each after what comes of it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.config.models import FeatureFlag
from apps.config.services.flags import archive_flag, create_flag, unarchive_flag, update_flag
from kernel.admin import (
    ActionVariant,
    CheckInput,
    Errand,
    LongTextInput,
    SeenOnlyAdmin,
    TenantField,
    TextInput,
    acting_staff,
    action,
    row_of,
)


class DetailsForm(forms.Form):
    """What a flag is for, and whose it is."""

    description = forms.CharField(
        max_length=1000, required=False, widget=LongTextInput(attrs={"rows": 2})
    )
    owner = forms.CharField(max_length=200, required=False, widget=TextInput())
    tags = forms.CharField(
        max_length=2_000,
        required=False,
        widget=TextInput(),
        help_text="With spaces between them, such as team:search until:2026.",
    )
    client_visible = forms.BooleanField(
        label="Its values are for browsers and apps, too",
        required=False,
        widget=CheckInput(),
        help_text="Anybody can read the keys that those have. Rules are never shown to them.",
    )

    def clean_tags(self) -> list[str]:
        """Read the tags."""
        return list(dict.fromkeys(self.cleaned_data["tags"].split()))


class NewFlagForm(DetailsForm):
    """Of which tenant, and by which key."""

    tenant = TenantField()
    key = forms.CharField(
        max_length=200, widget=TextInput(), help_text="Programs ask by it, so it never changes."
    )
    field_order = ("tenant", "key")


class FlagDetails(SeenOnlyAdmin):
    """What is done to a flag as a whole."""

    actions_list = ("create",)
    actions_detail = ("edit", "archive", "unarchive")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to archive what is in use, and to take up what is archived."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        without = "unarchive" if row is None or row.archived_at is None else "archive"
        return [one for one in offered if one.path != without]

    @action(
        description="Add a flag",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask what it is called, and make it."""

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, given.pop("tenant")):
                made = create_flag(**given)
            return f"There is a flag {made.key} now: say what it does in an environment."

        return Errand(
            title="Add a flag",
            introduction="What it does is said for each environment, once it is there.",
            asks=lambda given: f"Add the flag {given['key']!r}?",
            causes=lambda _: [
                "Its key never changes: programs ask by it.",
                "Until it is published somewhere, programs get their own default.",
            ],
            act=act,
            back=reverse("admin:config_featureflag_changelist"),
            yes="Yes, add it",
        ).run(self, request, NewFlagForm(request.POST or None))

    @action(description="Edit details", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what it is for, and change that."""
        flag: FeatureFlag = row_of(self, request, object_id)
        now = {name: getattr(flag, name) for name in DetailsForm.base_fields}
        now["tags"] = " ".join(flag.tags)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, flag.tenant_id):
                update_flag(id=str(flag.pk), **given)
            return f"{flag.key} is changed."

        def causes(given: dict[str, Any]) -> list[str]:
            if given["client_visible"] == flag.client_visible:
                return ["What it does stays as it is."]
            return [
                "Keys in browsers and apps see its values from then on."
                if given["client_visible"]
                else "Keys in browsers and apps get their own default from then on."
            ]

        return Errand(
            title=f"Edit {flag.key}",
            introduction="What it does is changed in the editor of an environment.",
            asks=lambda _: f"Change what is said of {flag.key}?",
            causes=causes,
            act=act,
            back=reverse("admin:config_featureflag_change", args=[flag.pk]),
            yes="Yes, change it",
        ).run(self, request, DetailsForm(request.POST or None, initial=now))

    @action(
        description="Archive",
        url_path="archive",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it out of every environment."""
        flag: FeatureFlag = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, flag.tenant_id):
                archive_flag(id=str(flag.pk), reason="archived by staff")
            return f"{flag.key} is archived."

        return Errand(
            asks=lambda _: f"Archive {flag.key}?",
            causes=lambda _: [
                "It goes from every environment: programs that ask for it get their own default.",
                "Its history stays, and it can be taken up again.",
                "It is refused while other flags ask for it. It is on record under your name.",
            ],
            act=act,
            back=reverse("admin:config_featureflag_change", args=[flag.pk]),
            yes="Yes, archive it",
        ).run(self, request)

    @action(description="Take up again", url_path="unarchive", permissions=["operate"])
    def unarchive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it be published again."""
        flag: FeatureFlag = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, flag.tenant_id):
                unarchive_flag(id=str(flag.pk))
            return f"{flag.key} can be published again."

        return Errand(
            asks=lambda _: f"Take up {flag.key} again?",
            causes=lambda _: [
                "It can be published again; until then it is in no environment.",
                "To do what it did, roll back in its history.",
            ],
            act=act,
            back=reverse("admin:config_featureflag_change", args=[flag.pk]),
            yes="Yes, take it up",
        ).run(self, request)
