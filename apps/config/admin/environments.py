"""Environments and their keys for staff; what a key is, is shown once."""

from datetime import UTC
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.config.models import Environment, EnvironmentKey, KeyKind
from apps.config.services.environments import (
    create_environment,
    delete_environment,
    update_environment,
)
from apps.config.services.keys import (
    LONGEST_GRACE,
    create_environment_key,
    revoke_environment_key,
    rotate_environment_key,
)
from kernel import clock
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    MomentInput,
    NumberInput,
    SeenOnlyAdmin,
    SelectInput,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    acting_staff,
    action,
    badge,
    display,
    page_of,
    row_of,
)
from kernel.errors import DomainError

_LIST = "admin:config_environment_changelist"


class EnvironmentForm(forms.Form):
    """What an environment is called, and how careful one is in it."""

    name = forms.CharField(max_length=200, widget=TextInput())
    approvals_required = forms.IntegerField(
        label="Approvals",
        initial=0,
        min_value=0,
        max_value=10,
        widget=NumberInput(),
        help_text="Others who have to approve of a change before it is published; 0: nobody.",
    )
    position = forms.IntegerField(
        min_value=0,
        required=False,
        widget=NumberInput(),
        help_text="Among the others; the first is meant where none is named.",
    )


class NewEnvironmentForm(EnvironmentForm):
    """Of which tenant, and by which key."""

    tenant = TenantField()
    key = forms.CharField(max_length=60, widget=TextInput(), help_text="Programs name it by this.")
    field_order = ("tenant", "key")


class KeyForm(forms.Form):
    """Who has it, and what it may see."""

    name = forms.CharField(max_length=200, widget=TextInput(), help_text="Of the program, say.")
    kind = forms.ChoiceField(
        choices=[
            (KeyKind.SERVER, "Server: kept secret, sees every flag"),
            (KeyKind.CLIENT, "Client: anybody can read it, sees client-visible flags only"),
        ],
        widget=SelectInput(),
    )
    expires_at = forms.DateTimeField(
        label="Expires at (UTC)",
        required=False,
        widget=MomentInput(),
        input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"],
    )


class GraceForm(forms.Form):
    """How long the secret before opens the same."""

    hours = forms.IntegerField(
        label="Hours for which the old one goes on",
        initial=24,
        min_value=0,
        max_value=int(LONGEST_GRACE.total_seconds() // 3600),
        widget=NumberInput(),
    )


@admin.register(Environment)
class EnvironmentAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Where programs run that ask for flags, the newest first."""

    list_display = ("key", "name", "revision", "approvals_required", "position", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("key", "name")
    ordering = ("-created_at", "-id")
    actions_list = ("create",)
    actions_detail = ("edit", "add_key", "remove")
    fields = (
        *("key", "name", "revision", "approvals_required", "position"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields

    @action(
        description="Add an environment",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask what it is called, and make it."""

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, given.pop("tenant")):
                made = create_environment(**given)
            return f"There is an environment {made.key} now."

        return Errand(
            title="Add an environment",
            introduction="One place with flags and configuration of its own, such as staging.",
            asks=lambda given: f"Add the environment {given['key']!r}?",
            causes=lambda _: ["Its key never changes: programs name it.", "It has no flags yet."],
            act=act,
            back=reverse(_LIST),
            yes="Yes, add it",
        ).run(self, request, NewEnvironmentForm(request.POST or None))

    @action(description="Edit", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what it is called and how careful one is, and change that."""
        row: Environment = row_of(self, request, object_id)
        now = {name: getattr(row, name) for name in EnvironmentForm.base_fields}

        def act(given: dict[str, Any]) -> str:
            if given["position"] is None:
                del given["position"]
            with acting_staff(request, row.tenant_id):
                update_environment(id=str(row.pk), **given)
            return f"{row.key} is changed."

        def causes(given: dict[str, Any]) -> list[str]:
            asked = given["approvals_required"]
            return [
                f"A change is published after {asked} others have approved of it."
                if asked
                else "Whoever may change flags publishes at once.",
                "It is on record under your name.",
            ]

        return Errand(
            title=f"Edit {row.key}",
            introduction="Its key never changes: programs name it.",
            asks=lambda _: f"Change {row.key}?",
            causes=causes,
            act=act,
            back=reverse("admin:config_environment_change", args=[row.pk]),
            yes="Yes, change it",
        ).run(self, request, EnvironmentForm(request.POST or None, initial=now))

    @action(
        description="Remove",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then remove it."""
        row: Environment = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                delete_environment(id=str(row.pk))
            return f"The environment {row.key} is removed."

        return Errand(
            asks=lambda _: f"Remove the environment {row.key}?",
            causes=lambda _: [
                "Its keys open nothing any more: programs that use them get their own defaults.",
                "What flags and segments do in it goes for ever, with its history.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, remove it",
        ).run(self, request)

    def has_keys_permission(self, request: HttpRequest, _object_id: str = "") -> bool:
        """Say whether somebody may make keys."""
        user: Any = request.user
        return bool(user.has_perm("config.add_environmentkey"))

    @action(description="Make a key", url_path="key", permissions=["keys"])
    def add_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask who has it, make it, and show it this once."""
        row: Environment = row_of(self, request, object_id)
        form = KeyForm(request.POST or None)
        if form.is_valid():
            given = dict(form.cleaned_data)
            if given["expires_at"] is not None:
                given["expires_at"] = given["expires_at"].replace(tzinfo=UTC)
            try:
                with acting_staff(request, row.tenant_id):
                    key, text = create_environment_key(environment_id=str(row.pk), **given)
            except DomainError as error:
                form.add_error(None, f"Nothing was made: {error}.")
            else:
                return shown_once(self, request, key, text)
        return page_of(
            self,
            request,
            form,
            title=f"Make a key of {row.key}",
            introduction="It evaluates flags of this environment, and opens nothing else. It is"
            " shown once, on the next page.",
            button="Make it",
        )


def shown_once(page: Any, request: HttpRequest, key: EnvironmentKey, text: str) -> HttpResponse:
    """Answer with what a key is; nobody can read it again."""
    context = page.admin_site.each_context(request) | {
        "title": f"The key {key.name!r}",
        "opts": page.opts,
        "media": page.media,
        "key": key,
        "text": text,
        "back": reverse("admin:config_environmentkey_changelist"),
    }
    # Pages of the back office are kept by no browser.
    return TemplateResponse(request, "config/key.html", context)


@admin.register(EnvironmentKey)
class EnvironmentKeyAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """What programs ask by, the newest first; made on the page of an environment."""

    list_display = ("name", "stands", "kind", "prefix", "where", "last_used_at", "tenant")
    list_filter = (TenantFilter, "kind")
    search_fields = ("name", "prefix")
    ordering = ("-created_at", "-id")
    actions_detail = ("rotate", "revoke")
    fields = (
        *("name", "stands", "kind", "prefix", "where", "created_at", "rotated_at"),
        *("previous_until", "expires_at", "revoked_at", "last_used_at", "tenant", "id"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("environment")

    @display(description="state")
    def stands(self, key: EnvironmentKey) -> SafeString:
        if key.revoked_at is not None:
            return badge("revoked", "danger")
        return badge("active", "success") if key.opens(clock.now()) else badge("expired", "warning")

    @display(description="environment")
    def where(self, key: EnvironmentKey) -> str:
        return key.environment.key

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer nothing for a key that is done with."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        return offered if row is not None and row.opens(clock.now()) else []

    @action(description="Rotate", url_path="rotate", permissions=["operate"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it another secret, and show that this once."""
        row: EnvironmentKey = row_of(self, request, object_id)
        form = GraceForm(request.POST or None)
        if form.is_valid():
            grace = form.cleaned_data["hours"] * 3600
            try:
                with acting_staff(request, row.tenant_id):
                    key, text = rotate_environment_key(id=str(row.pk), grace_seconds=grace)
            except DomainError as error:
                form.add_error(None, f"Nothing was changed: {error}.")
            else:
                return shown_once(self, request, key, text)
        return page_of(
            self,
            request,
            form,
            title=f"Rotate {row.name}",
            introduction="It gets another secret, which is shown once. Until the time is over the"
            " old one opens the same; with 0 hours it opens nothing from now on.",
            button="Rotate it",
        )

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it open nothing any more."""
        row: EnvironmentKey = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                revoke_environment_key(id=str(row.pk))
            return f"The key {row.name!r} is revoked."

        return Errand(
            asks=lambda _: f"Revoke the key {row.name!r}?",
            causes=lambda _: [
                "It opens nothing any more, for ever: programs that use it get their own defaults.",
                "It is on record under your name.",
            ],
            act=act,
            back=reverse("admin:config_environmentkey_change", args=[row.pk]),
            yes="Yes, revoke it",
        ).run(self, request)
