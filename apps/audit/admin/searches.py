"""Saved searches for staff: run, kept, changed, and with alerts on them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.audit.admin.questions import OTHERS, QuestionForm, address_of, asked_of, told_of
from apps.audit.models import AuditSearch
from apps.audit.services.searches import create_search, delete_search, update_search
from kernel.admin import (
    ActionVariant,
    CheckInput,
    Errand,
    KeysetAdmin,
    NumberInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    acting_staff,
    action,
    ago,
    badge,
    display,
    labelled,
    row_of,
)
from kernel.tenancy.context import in_tenant

_LIST = "admin:audit_auditsearch_changelist"


class SearchForm(QuestionForm):
    """What is looked for, and what it is called."""

    tenant = TenantField()
    name = forms.CharField(max_length=200, widget=TextInput())
    shared = forms.BooleanField(
        label="Everybody in the tenant may use it",
        required=False,
        initial=True,
        widget=CheckInput(),
    )
    field_order = ("tenant", "name")

    def __init__(self, *arguments: Any, kept: Mapping[str, Any], **options: Any) -> None:
        """Make it of a question, of which those parts stay that no field has."""
        super().__init__(*arguments, **options)
        self._kept = {name: one for name, one in kept.items() if name in OTHERS}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        return given | {"query": self._kept | given["query"]}


class AlertForm(forms.Form):
    """When an alert is raised."""

    threshold = forms.IntegerField(
        label="Raise one at so many logs",
        min_value=1,
        max_value=1_000,
        initial=1,
        widget=NumberInput(),
    )
    window_minutes = forms.IntegerField(
        label="Within so many minutes",
        min_value=1,
        max_value=31 * 24 * 60,
        initial=5,
        widget=NumberInput(),
    )
    cool_down_minutes = forms.IntegerField(
        label="No other alert for so many minutes",
        required=False,
        min_value=1,
        max_value=31 * 24 * 60,
        widget=NumberInput(),
        help_text="Empty: as long as the window.",
    )


@admin.register(AuditSearch)
class AuditSearchAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Searches that somebody keeps, the newest first."""

    list_display = ("name", "run_it", "alert", "raised_at", "shared", "owner", "tenant")
    list_filter = (TenantFilter, "shared")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = readonly_fields = (
        "name",
        "what",
        "alert",
        "raised_at",
        "shared",
        "owner",
        "tenant",
        "created_at",
        "id",
    )
    actions_list = ("keep",)
    actions_detail = ("run", "edit", "alert_on", "alert_off", "remove")

    @display(description="run")
    def run_it(self, search: AuditSearch) -> SafeString:
        return labelled(_address(search), "Run")

    @display(description="looks for")
    def what(self, search: AuditSearch) -> str:
        return told_of(search.query) or "every log"

    @display(description="alert")
    def alert(self, search: AuditSearch) -> SafeString:
        if search.threshold is None or search.window is None:
            return badge("off", "info")
        return badge(f"{search.threshold} in {ago(search.window.total_seconds())}", "success")

    @display(description="by", ordering="owner_name")
    def owner(self, search: AuditSearch) -> str:
        return search.owner_name or search.owner_id or "the platform"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        search = self.get_object(request, object_id)
        on = search is not None and search.threshold is not None
        return [one for one in actions if on or one.method.__name__ != "alert_off"]

    @action(description="Run", url_path="run", permissions=["view"], variant=ActionVariant.PRIMARY)
    def run(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what it finds, in the list of logs."""
        return redirect(_address(row_of(self, request, object_id)))

    @action(
        description="Keep a search",
        url_path="keep",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def keep(self, request: HttpRequest) -> HttpResponse:
        """Ask what is looked for, and keep it."""
        asked = asked_of(request)
        told = asked.query.told()
        now = _initial(asked.tenant_id, told) if asked.tenant_id else {}
        form = SearchForm(request.POST or None, initial=now, kept=told)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, given["tenant"]):
                search = create_search(
                    name=given["name"], query=given["query"], shared=given["shared"]
                )
            return f"The search {search.name!r} is kept."

        return Errand(
            title="Keep a search",
            introduction="Every part that is filled in has to fit.",
            asks=lambda given: f"Keep the search {given['name']!r}?",
            causes=_causes,
            act=act,
            back=reverse(_LIST),
            yes="Yes, keep it",
        ).run(self, request, form)

    @action(description="Edit", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is looked for instead, and change it."""
        search: AuditSearch = row_of(self, request, object_id)
        now = _initial(search.tenant_id, search.query) | {
            "name": search.name,
            "shared": search.shared,
        }
        form = SearchForm(request.POST or None, initial=now, kept=search.query)
        del form.fields["tenant"]

        def act(given: dict[str, Any]) -> str:
            with in_tenant(search.tenant_id):
                update_search(
                    id=str(search.pk),
                    name=given["name"],
                    shared=given["shared"],
                    query=given["query"],
                )
            return f"The search {given['name']!r} is changed."

        return Errand(
            title=f"Edit the search {search.name!r}",
            introduction="Every part that is filled in has to fit.",
            asks=lambda given: f"Change the search {given['name']!r}?",
            causes=lambda given: [*_causes(given), "An alert on it begins anew."],
            act=act,
            back=reverse("admin:audit_auditsearch_change", args=[search.pk]),
            yes="Yes, change it",
        ).run(self, request, form)

    @action(description="Raise alerts", url_path="alert", permissions=["operate"])
    def alert_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask when, and raise alerts from now on."""
        search: AuditSearch = row_of(self, request, object_id)
        now = {
            "threshold": search.threshold or 1,
            "window_minutes": _minutes(search.window) or 5,
            "cool_down_minutes": _minutes(search.cool_down),
        }

        def act(given: dict[str, Any]) -> str:
            cool_down = given["cool_down_minutes"] or given["window_minutes"]
            with in_tenant(search.tenant_id):
                update_search(
                    id=str(search.pk),
                    threshold=given["threshold"],
                    window_seconds=given["window_minutes"] * 60,
                    cool_down_seconds=cool_down * 60,
                )
            return f"{search.name!r} raises alerts from now on."

        return Errand(
            title=f"Raise alerts on {search.name!r}",
            introduction=f"It looks at {self.what(search)} as they are sealed.",
            asks=lambda given: (
                f"Raise an alert when {given['threshold']} such logs are recorded within"
                f" {given['window_minutes']} minutes?"
            ),
            causes=lambda _: [
                "It begins with what is recorded from now on; what was seen before is forgotten.",
                "Each alert is the event audit.alert.raised.v1, for whoever listens to it.",
            ],
            act=act,
            back=reverse("admin:audit_auditsearch_change", args=[search.pk]),
            yes="Yes, raise alerts",
        ).run(self, request, AlertForm(request.POST or None, initial=now))

    @action(description="Raise no alerts", url_path="quiet", permissions=["operate"])
    def alert_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then raise no alert on it any more."""
        search: AuditSearch = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(search.tenant_id):
                update_search(
                    id=str(search.pk),
                    threshold=None,
                    window_seconds=None,
                    cool_down_seconds=None,
                )
            return f"{search.name!r} raises no alerts any more."

        return Errand(
            asks=lambda _: f"Raise no alerts on {search.name!r} any more?",
            causes=lambda _: ["Nobody is told of what it finds. The search itself stays."],
            act=act,
            back=reverse("admin:audit_auditsearch_change", args=[search.pk]),
        ).run(self, request)

    @action(
        description="Delete",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then keep it no more."""
        search: AuditSearch = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(search.tenant_id):
                delete_search(id=str(search.pk))
            return f"The search {search.name!r} is deleted."

        return Errand(
            asks=lambda _: f"Delete the search {search.name!r}?",
            causes=lambda _: [
                "It is gone for everybody who uses it, and raises no alert any more.",
                "What it has found stays where it is.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, delete it",
        ).run(self, request)


def _causes(given: dict[str, Any]) -> list[str]:
    whose = "everybody in the tenant who may read logs" if given["shared"] else "its owner alone"
    return [f"It looks for {told_of(given['query']) or 'every log'}.", f"It is for {whose}."]


def _initial(tenant_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    told = address_of(query, tenant_id)
    return told | {"text": told.get("q", "")}


def _address(search: AuditSearch) -> str:
    asked = urlencode(address_of(search.query, search.tenant_id))
    return f"{reverse('admin:audit_auditlog_changelist')}?{asked}"


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)
