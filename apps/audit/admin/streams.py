"""Streams for staff: where logs go, how far, and what may be done about it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.admin.questions import QuestionForm, told_of
from apps.audit.models import AuditStream, StreamFormat, StreamState
from apps.audit.selectors.streams import with_waiting
from apps.audit.services.streams import (
    create_stream,
    pause_stream,
    remove_stream,
    resume_stream,
)
from kernel.admin import (
    ActionVariant,
    Errand,
    NumberInput,
    SeenOnlyAdmin,
    SelectInput,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    badge,
    confirmed,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant

_LIST = "admin:audit_auditstream_changelist"


class StreamForm(QuestionForm):
    """Where to, and which logs."""

    tenant = TenantField()
    name = forms.CharField(max_length=100, widget=TextInput())
    address = forms.CharField(
        max_length=2000,
        widget=TextInput(),
        help_text="https://…, syslog+tls://host:port, syslog+tcp://host:port or kafka://name.",
    )
    format = forms.ChoiceField(choices=StreamFormat.choices, widget=SelectInput())
    field_order = ("tenant", "name", "address", "format")


class PlaceForm(forms.Form):
    """From where."""

    position = forms.IntegerField(
        label="From place", min_value=0, widget=NumberInput(), help_text="0 is the first log."
    )


@admin.register(AuditStream)
class AuditStreamAdmin(SeenOnlyAdmin, TenantAdmin):
    """Where logs go, and how far each has come."""

    list_display = ("name", "tenant", "standing", "waiting", "sent_at", "last_error")
    list_filter = (TenantFilter, "state")
    fields = readonly_fields = (
        "name",
        "tenant",
        "address",
        "format",
        "what",
        "standing",
        "position",
        "waiting",
        "missed",
        "sent_at",
        "failures",
        "failing_since",
        "retry_at",
        "last_error",
        "created_at",
    )
    actions = ("pause", "resume")
    actions_list = ("create",)
    actions_detail = ("pause_one", "resume_one", "replay", "remove")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_waiting(super().get_queryset(request))

    @display(description="state", ordering="state")
    def standing(self, stream: AuditStream) -> SafeString:
        kinds = {StreamState.ACTIVE: "success", StreamState.PAUSED: "info"}
        failing = stream.state == StreamState.ACTIVE and stream.failures
        if failing:
            return badge(f"failed {stream.failures} times", "warning")
        return badge(stream.state, kinds.get(StreamState(stream.state), "danger"))

    @display(description="sends")
    def what(self, stream: AuditStream) -> str:
        return told_of(stream.query) or "every log of the tenant"

    @display(description="waiting")
    def waiting(self, stream: Any) -> str:
        return f"{stream.waiting:,}"

    @admin.action(
        description="Pause the selected streams: nothing more is sent", permissions=["change"]
    )
    @confirmed
    def pause(self, request: HttpRequest, streams: QuerySet[Any]) -> None:
        """Logs wait in their places and are sent when the stream is resumed."""
        self._each(streams, pause_stream)
        messages.success(request, "They are paused.")

    @admin.action(
        description="Resume the selected streams: they go on where they stood",
        permissions=["change"],
    )
    @confirmed
    def resume(self, request: HttpRequest, streams: QuerySet[Any]) -> None:
        """All that waits is sent, in its order."""
        self._each(streams, resume_stream)
        messages.success(request, "They go on.")

    def _each(self, streams: QuerySet[Any], step: Callable[..., Any]) -> None:
        for stream in streams:
            with in_tenant(stream.tenant_id):
                step(id=str(stream.pk))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        stream = self.get_object(request, object_id)
        goes = stream is not None and stream.state == StreamState.ACTIVE
        other = "resume_one" if goes else "pause_one"
        return [one for one in actions if one.method.__name__ != other]

    @action(
        description="Make a stream",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask where to and which logs, and let them go there."""

        def act(given: dict[str, Any]) -> SafeString | str:
            told = {name: given[name] for name in ("name", "address", "format", "query")}
            with in_tenant(given["tenant"]):
                stream, secret = create_stream(**told)
            if not secret:
                return f"The stream {stream} goes."
            return format_html(
                "The stream {} goes. Its secret is shown here once, for the receiver to check"
                ' signatures by: <code class="septet-long">{}</code>',
                stream,
                secret,
            )

        return Errand(
            title="Make a stream",
            introduction="Sealed logs of the tenant that fit every part that you fill in are sent"
            " to an address, each at least once, in the order of the log.",
            asks=lambda given: f"Send logs to {given['address']}?",
            causes=lambda given: [
                f"It sends {told_of(given['query']) or 'EVERY log of the tenant'}.",
                "It begins with those that are sealed next. What has left cannot be taken back.",
                "Fields that are marked as personal stay sealed.",
                "It is on record under your name.",
            ],
            act=act,
            back=reverse(_LIST),
            yes="Yes, send them",
        ).run(self, request, StreamForm(request.POST or None))

    @action(description="Pause", url_path="pause", permissions=["operate"])
    def pause_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then pause it."""
        return self._asked(
            request,
            object_id,
            pause_stream,
            "is paused",
            "Pause",
            "Nothing more is sent. Logs wait in their places until it is resumed.",
        )

    @action(
        description="Resume",
        url_path="resume",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def resume_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it go on."""
        return self._asked(
            request,
            object_id,
            resume_stream,
            "goes on",
            "Resume",
            "All that waits is sent, in its order. What it failed of is forgotten.",
        )

    @action(
        description="Remove",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then send nothing more, ever."""
        return self._asked(
            request,
            object_id,
            remove_stream,
            "is removed",
            "Remove",
            "Nothing more is sent, and how far it came is forgotten. What was sent stays there.",
        )

    @action(description="Replay", url_path="replay", permissions=["operate"])
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask from where, say how many are sent again, and let it go on from there."""
        stream: Any = row_of(self, request, object_id)
        size = stream.position + stream.waiting

        def act(given: dict[str, Any]) -> str:
            with in_tenant(stream.tenant_id):
                resume_stream(id=str(stream.pk), from_position=given["position"])
            return f"{stream} goes on from place {given['position']:,}."

        def causes(given: dict[str, Any]) -> list[str]:
            place = given["position"]
            if place > stream.position:
                told = f"{place - stream.position:,} places are left out and never sent."
            else:
                told = f"Up to {stream.position - place:,} logs are sent once more."
            return [
                told,
                "The receiver knows a log that it had before by its id.",
                "The stream goes on then, also if it was paused.",
            ]

        return Errand(
            title=f"Replay {stream}",
            introduction=f"It stands at place {stream.position:,} of {size:,}.",
            asks=lambda given: f"Let {stream} send again from place {given['position']:,}?",
            causes=causes,
            act=act,
            back=reverse("admin:audit_auditstream_change", args=[stream.pk]),
            yes="Yes, send them again",
        ).run(self, request, PlaceForm(request.POST or None))

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        step: Callable[..., Any],
        done: str,
        verb: str,
        cause: str,
    ) -> HttpResponse:
        stream: AuditStream = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(stream.tenant_id):
                step(id=str(stream.pk))
            return f"{stream} {done}."

        gone = step is remove_stream
        one = reverse("admin:audit_auditstream_change", args=[stream.pk])
        return Errand(
            asks=lambda _: f"{verb} the stream {stream}?",
            causes=lambda _: [cause, "It is on record under your name."],
            act=act,
            back=reverse(_LIST) if gone else one,
            yes=f"Yes, {verb.lower()} it",
        ).run(self, request)
