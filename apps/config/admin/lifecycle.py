"""What is done to a flag in an environment after what comes of it was told: each by a yes."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.config.admin.badges import editor_of
from apps.config.admin.editor import flag_there
from apps.config.admin.rollouts import roll_out
from apps.config.models import Environment, FeatureFlag
from apps.config.selectors.environments import found
from apps.config.services.changes import Change, standing_of
from apps.config.services.history import copy, roll_back
from apps.config.services.killing import kill_flag, restore_flag
from apps.config.services.publishing import MOST_REASON, publish
from kernel.admin import Errand, LongTextInput, SelectInput, acting_staff

_BY_NAME = "It is on record under your name."


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=MOST_REASON, required=False, widget=LongTextInput(attrs={"rows": 3})
    )


class CopyForm(ReasonForm):
    """From where, and why."""

    source = forms.ChoiceField(label="From", widget=SelectInput())
    field_order = ("source", "reason")

    def __init__(self, keys: Sequence[str], *args: Any) -> None:
        super().__init__(*args)
        self.fields["source"].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]


Done = Callable[[Any, HttpRequest, FeatureFlag, Environment], HttpResponse]


def urls_of(page: Any) -> list[URLPattern]:
    """Return the addresses of these pages."""

    def asked(name: str, work: Done) -> URLPattern:
        def view(request: HttpRequest, flag_id: UUID, environment: str) -> HttpResponse:
            if not page.has_operate_permission(request):
                raise PermissionDenied
            return work(page, request, *flag_there(page, request, flag_id, environment))

        return path(
            f"<uuid:flag_id>/in/<str:environment>/{name}/",
            page.admin_site.admin_view(view),
            name=f"config_featureflag_{name}",
        )

    def back(request: HttpRequest, flag_id: UUID, environment: str, number: int) -> HttpResponse:
        if not page.has_operate_permission(request):
            raise PermissionDenied
        flag, there = flag_there(page, request, flag_id, environment)
        return _roll_back(page, request, flag, there, number)

    return [
        asked("kill", _kill),
        asked("restore", _restore),
        asked("withdraw", _withdraw),
        asked("copy", _copy),
        asked("roll_out", roll_out),
        path(
            "<uuid:flag_id>/in/<str:environment>/history/<int:number>/roll-back/",
            page.admin_site.admin_view(back),
            name="config_featureflag_roll_back",
        ),
    ]


def _kill(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, flag.tenant_id):
            kill_flag(id=str(flag.pk), environment=environment.pk, reason=given["reason"])
        return f"{flag.key} is killed in {environment.key}."

    return Errand(
        title=f"Kill {flag.key} in {environment.name}",
        introduction="The kill switch is for when something goes wrong: it asks nobody to approve.",
        asks=lambda _: f"Kill {flag.key} in {environment.name}?",
        causes=lambda _: [
            (
                f"Every program that asks for {flag.key} in {environment.name} gets its own"
                " default, whatever the rules say: within a second, and at once here."
            ),
            "Flags that ask for this one are told that it has no value.",
            "What is published stays as it is, and counts again once the flag is restored.",
            _BY_NAME,
        ],
        act=act,
        back=editor_of(flag.pk, environment.key),
        yes="Yes, kill it",
    ).run(page, request, ReasonForm(request.POST or None))


def _restore(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, flag.tenant_id):
            restore_flag(id=str(flag.pk), environment=environment.pk, reason=given["reason"])
        return f"{flag.key} is restored in {environment.key}."

    return Errand(
        title=f"Restore {flag.key} in {environment.name}",
        introduction="It does again what its current version says.",
        asks=lambda _: f"Restore {flag.key} in {environment.name}?",
        causes=lambda _: [
            f"Programs in {environment.name} get again what the rules of its current version say.",
            _BY_NAME,
        ],
        act=act,
        back=editor_of(flag.pk, environment.key),
        yes="Yes, restore it",
    ).run(page, request, ReasonForm(request.POST or None))


def _withdraw(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, flag.tenant_id):
            publish(environment.pk, [Change(target=flag, definition=None)], reason=given["reason"])
        return f"{flag.key} is taken out of {environment.key}."

    return Errand(
        title=f"Take {flag.key} out of {environment.name}",
        introduction="Its history stays, and from there it can be rolled back to.",
        asks=lambda _: f"Take {flag.key} out of {environment.name}?",
        causes=lambda _: [
            (
                "Programs that ask for it are told that there is no such flag, and use their own"
                " default."
            ),
            "It is refused while other flags ask for this one.",
            _BY_NAME,
        ],
        act=act,
        back=editor_of(flag.pk, environment.key),
        yes="Yes, take it out",
    ).run(page, request, ReasonForm(request.POST or None))


def _copy(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    with acting_staff(request, flag.tenant_id):
        others = Environment.objects.exclude(pk=environment.pk).order_by("position", "id")
        keys = list(others.values_list("key", flat=True))

    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, flag.tenant_id):
            copy(
                flag,
                source=found(given["source"]).pk,
                environment=environment.pk,
                reason=given["reason"],
            )
        return f"{flag.key} does in {environment.key} what it does in {given['source']}."

    return Errand(
        title=f"Copy {flag.key} to {environment.name}",
        introduction="It does here what it does in another environment.",
        asks=lambda given: f"Copy {flag.key} from {given['source']} to {environment.name}?",
        causes=lambda given: [
            (
                f"It does in {environment.name} from then on what it does in {given['source']}, as"
                " a new version. What it does now stays in the history."
            ),
            _BY_NAME,
        ],
        act=act,
        back=editor_of(flag.pk, environment.key),
        yes="Yes, copy it",
    ).run(page, request, CopyForm(keys, request.POST or None))


def _roll_back(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment, number: int
) -> HttpResponse:
    with acting_staff(request, flag.tenant_id):
        now = standing_of(environment, [flag])[flag.pk]

    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, flag.tenant_id):
            done = roll_back(
                flag,
                environment=environment.pk,
                to_version=number,
                base=now.number,
                reason=given["reason"],
            )
        [version] = done.versions
        if version is None:
            return f"{flag.key} says in {environment.key} what version {number} says already."
        return f"{flag.key} is back at version {number} in {environment.key}, as {version}."

    return Errand(
        title=f"Roll {flag.key} back to version {number}",
        introduction=f"In {environment.name} it is at version {now.number} now.",
        asks=lambda _: f"Roll {flag.key} back to version {number} in {environment.name}?",
        causes=lambda _: [
            (
                f"The text of version {number} is published again, as version {now.number + 1}:"
                " within a second programs get what it said."
            ),
            "What was published since is undone, and stays in the history.",
            *(["It stays killed until it is restored."] if now.killed else []),
            _BY_NAME,
        ],
        act=act,
        back=editor_of(flag.pk, environment.key, "history"),
        yes=f"Yes, go back to version {number}",
    ).run(page, request, ReasonForm(request.POST or None))
