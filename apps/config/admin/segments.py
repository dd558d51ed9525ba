"""Segments for staff: who is in them in each environment, and which flags use them."""

import json
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from apps.config.admin.badges import editor_of
from apps.config.models import Environment, Segment, SegmentState
from apps.config.selectors.definitions import stored
from apps.config.selectors.environments import named
from apps.config.selectors.segments import flags_that_use
from apps.config.services.changes import Change
from apps.config.services.publishing import MOST_REASON, publish
from apps.config.services.segments import (
    MOST_IN_A_CALL,
    change_members,
    create_segment,
    delete_segment,
    update_segment,
)
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    LongTextInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    acting_staff,
    action,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant

#: Members of a segment that are shown.
MOST_SHOWN = 200


class SegmentForm(forms.Form):
    """What a segment is called."""

    name = forms.CharField(max_length=200, required=False, widget=TextInput())
    description = forms.CharField(
        max_length=1000, required=False, widget=LongTextInput(attrs={"rows": 2})
    )


class NewSegmentForm(SegmentForm):
    """Of which tenant, and by which key."""

    tenant = TenantField()
    key = forms.CharField(max_length=200, widget=TextInput(), help_text="Rules name it by this.")
    field_order = ("tenant", "key")


class MembersForm(forms.Form):
    """Who comes, and who goes."""

    add = forms.CharField(
        required=False,
        widget=LongTextInput(attrs={"rows": 6}),
        help_text="One on each line: what the segment looks at, usually the targeting key.",
    )
    remove = forms.CharField(required=False, widget=LongTextInput(attrs={"rows": 6}))
    reason = forms.CharField(max_length=MOST_REASON, required=False, widget=TextInput())

    def clean(self) -> dict[str, Any]:
        """Read the lines."""
        given = dict(self.cleaned_data)
        for name in ("add", "remove"):
            lines = [line.strip() for line in given.get(name, "").splitlines()]
            given[name] = list(dict.fromkeys(line for line in lines if line))
        if len(given["add"]) + len(given["remove"]) > MOST_IN_A_CALL:
            raise forms.ValidationError(f"at most {MOST_IN_A_CALL:,} members at once")
        if not given["add"] and not given["remove"]:
            raise forms.ValidationError("say who is to be added or removed")
        return given


class RuleForm(forms.Form):
    """All of what a segment is, as JSON."""

    definition = forms.CharField(
        widget=LongTextInput(attrs={"rows": 12, "spellcheck": "false"}),
        help_text='As {"members": [], "excluded": [], "attribute": "targetingKey", "rule": {}}.',
    )
    reason = forms.CharField(max_length=MOST_REASON, required=False, widget=TextInput())


@admin.register(Segment)
class SegmentAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Who is meant, said once for all flags, the newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["config/admin.css"]}

    list_display = ("key", "name", "description", "created_at", "tenant")
    list_filter = (TenantFilter,)
    search_fields = ("key", "name", "description")
    ordering = ("-created_at", "-id")
    actions_list = ("create",)
    actions_detail = ("edit", "remove")
    fieldsets = (
        (None, {"fields": ("members",)}),
        (
            "The segment",
            {"fields": ("key", "name", "description", "created_at", "tenant", "id")},
        ),
    )
    readonly_fields = tuple(name for _, options in fieldsets for name in options["fields"])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        there = "<uuid:segment_id>/in/<str:environment>"
        urls: list[URLPattern] = super().get_urls()
        return [
            path(f"{there}/members/", view(self.change_members), name="config_segment_members"),
            path(f"{there}/rule/", view(self.change_rule), name="config_segment_rule"),
            *urls,
        ]

    @display(description="who is in it")
    def members(self, segment: Segment) -> SafeString:
        with in_tenant(segment.tenant_id):
            environments = list(Environment.objects.order_by("position", "id"))
            states = SegmentState.objects.filter(segment=segment.pk).select_related("version")
            by_environment = {state.environment_id: state for state in states}
            used = flags_that_use(segment.key)
        places = [
            _place(segment, one, by_environment.get(one.pk), used.get(one.pk, []))
            for one in environments
        ]
        return render_to_string("config/members.html", {"places": places})

    @action(
        description="Add a segment",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask what it is called, and make it."""

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, given["tenant"]):
                create_segment(
                    key=given["key"], name=given["name"], description=given["description"]
                )
            return f"There is a segment {given['key']} now: say who is in it."

        return Errand(
            title="Add a segment",
            introduction="Who is in it is said for each environment, once it is there.",
            asks=lambda given: f"Add the segment {given['key']!r}?",
            causes=lambda _: ["Its key never changes: rules name it.", "Nobody is in it yet."],
            act=act,
            back=reverse("admin:config_segment_changelist"),
            yes="Yes, add it",
        ).run(self, request, NewSegmentForm(request.POST or None))

    @action(description="Edit", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what it is called, and change that."""
        segment: Segment = row_of(self, request, object_id)
        now = {"name": segment.name, "description": segment.description}

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, segment.tenant_id):
                update_segment(id=str(segment.pk), **given)
            return f"{segment.key} is changed."

        return Errand(
            title=f"Edit {segment.key}",
            introduction="Its key never changes: rules name it.",
            asks=lambda _: f"Change what {segment.key} is called?",
            causes=lambda _: ["Who is in it stays as it is."],
            act=act,
            back=reverse("admin:config_segment_change", args=[segment.pk]),
            yes="Yes, change it",
        ).run(self, request, SegmentForm(request.POST or None, initial=now))

    @action(
        description="Remove",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then remove it."""
        segment: Segment = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, segment.tenant_id):
                delete_segment(id=str(segment.pk))
            return f"The segment {segment.key} is removed."

        return Errand(
            asks=lambda _: f"Remove the segment {segment.key}?",
            causes=lambda _: [
                "It goes from every environment, with its history, for ever.",
                "It is refused while flags use it.",
            ],
            act=act,
            back=reverse("admin:config_segment_changelist"),
            yes="Yes, remove it",
        ).run(self, request)

    def _there(
        self, request: HttpRequest, segment_id: UUID, environment: str
    ) -> tuple[Segment, Environment]:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        segment: Segment = row_of(self, request, str(segment_id))
        with in_tenant(segment.tenant_id):
            there = named(environment).first()
        if there is None:
            raise Http404(f"no environment {environment}")
        return segment, there

    def change_members(
        self, request: HttpRequest, segment_id: UUID, environment: str
    ) -> HttpResponse:
        """Ask who comes and who goes, say what comes of it, and do it."""
        segment, there = self._there(request, segment_id, environment)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, segment.tenant_id):
                change_members(id=str(segment.pk), environment=there.pk, **given)
            return f"{segment.key} is changed in {there.key}."

        return Errand(
            title=f"Members of {segment.key} in {there.name}",
            introduction="Who is there already stays once; who is not there cannot be removed.",
            asks=lambda given: (
                f"Add {len(given['add']):,} and remove {len(given['remove']):,} in {there.name}?"
            ),
            causes=lambda _: [
                "Flags that use the segment give them something else within a second.",
                "It is a new version of the segment, under your name.",
            ],
            act=act,
            back=reverse("admin:config_segment_change", args=[segment.pk]),
            yes="Yes, change them",
        ).run(self, request, MembersForm(request.POST or None))

    def change_rule(self, request: HttpRequest, segment_id: UUID, environment: str) -> HttpResponse:
        """Ask for all of what it is as JSON, and publish that."""
        segment, there = self._there(request, segment_id, environment)
        with in_tenant(segment.tenant_id):
            states = SegmentState.objects.select_related("version")
            state = states.filter(segment=segment.pk, environment=there.pk).first()
        text = state.version.definition if state and state.version else '{"members": []}'
        base = state.number if state else 0

        def act(given: dict[str, Any]) -> str:
            change = Change(target=segment, definition=given["definition"], base=base)
            with acting_staff(request, segment.tenant_id):
                publish(there.pk, [change], reason=given["reason"])
            return f"{segment.key} is published in {there.key}."

        return Errand(
            title=f"{segment.key} in {there.name}",
            introduction="Members, who is excluded, the attribute that is looked at, and a rule.",
            asks=lambda _: f"Publish {segment.key} in {there.name}?",
            causes=lambda _: [
                "Flags that use the segment follow within a second.",
                "It is a new version of the segment, under your name.",
            ],
            act=act,
            back=reverse("admin:config_segment_change", args=[segment.pk]),
            yes="Yes, publish it",
        ).run(self, request, RuleForm(request.POST or None, initial={"definition": text}))


def _place(
    segment: Segment, environment: Environment, state: SegmentState | None, flags: list[Any]
) -> dict[str, Any]:
    text = state.version.definition if state and state.version else ""
    definition = stored(text) if text else {}
    members = definition.get("members", [])
    rule = definition.get("rule")
    where = [segment.pk, environment.key]
    return {
        "environment": environment,
        "number": state.number if state and text else 0,
        "count": len(members),
        "members": members[:MOST_SHOWN],
        "excluded": len(definition.get("excluded", [])),
        "attribute": definition.get("attribute", "targetingKey"),
        "rule": json.dumps(rule, indent=2, ensure_ascii=False) if rule else "",
        "flags": [(flag.key, editor_of(flag.pk, environment.key)) for flag in flags],
        "edit": reverse("admin:config_segment_members", args=where),
        "edit_rule": reverse("admin:config_segment_rule", args=where),
    }
