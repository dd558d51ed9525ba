"""Replays for staff: asked for, counted, agreed to, watched, cancelled."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.admin import (
    CheckInput,
    MomentInput,
    NumberInput,
    SeenOnlyAdmin,
    SelectInput,
    ago,
    ask,
    confirmed,
    display,
    sent,
)
from kernel.errors import DomainError
from kernel.events.foreign import topic_of
from kernel.events.here import transport
from kernel.events.models import Replay, ReplayState
from kernel.events.registry import Group
from kernel.events.replay import MOST_PER_SECOND, cancel, count
from kernel.events.replay_job import start
from kernel.events.transport import MOST_COUNTED

LETTERS = "admin:events_redelivery_changelist"


def letters_of(group: str, **more: str) -> str:
    """Return where the dead letters of a group are listed."""
    return f"{reverse(LETTERS)}?{urlencode({'state': 'dead', 'group': group} | more)}"


def numbered(count: int, what: str = "event") -> str:
    """Return how many there are, in words."""
    least = "at least " if count >= MOST_COUNTED else ""
    return f"{least}{count:,} {what}{'' if count == 1 else 's'}"


class ReplayForm(forms.Form):
    """Which events a group is to be given once more."""

    since = forms.DateTimeField(
        label="From (UTC)", required=False, widget=MomentInput(), help_text="By the events' time."
    )
    until = forms.DateTimeField(
        label="Until (UTC)", required=False, widget=MomentInput(), help_text="Empty: until now."
    )
    topic = forms.ChoiceField(label="Or by offset: topic", required=False, widget=SelectInput())
    partition = forms.IntegerField(
        required=False, min_value=0, widget=NumberInput(), help_text="In process there is one: 0."
    )
    first_offset = forms.IntegerField(
        label="First offset", required=False, min_value=0, widget=NumberInput()
    )
    last_offset = forms.IntegerField(
        label="Last offset",
        required=False,
        min_value=0,
        widget=NumberInput(),
        help_text="It is given, too. Empty: to the end.",
    )
    type = forms.ChoiceField(label="Only events of the type", required=False, widget=SelectInput())
    per_second = forms.IntegerField(
        label="At most so many a second",
        required=False,
        min_value=1,
        max_value=MOST_PER_SECOND,
        widget=NumberInput(),
        help_text="Empty: as fast as the group handles them.",
    )
    again = forms.BooleanField(
        label="Also those that it has handled: their effects happen once more",
        required=False,
        widget=CheckInput(),
    )

    def __init__(self, group: Group, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        types = sorted(group.handlers)
        topics = sorted({topic_of(one) for one in types})
        choices: Any = self.fields
        choices["type"].choices = [("", "all"), *((one, one) for one in types)]
        choices["topic"].choices = [("", "-"), *((one, one) for one in topics)]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        by_offset = given.get("first_offset") is not None
        if given.get("since") is None and not by_offset and not self.errors:
            raise forms.ValidationError("Say from when, or from which offset on.")
        return given

    def replay(self, group: str) -> Replay:
        """Return what is wanted, not stored yet."""
        wanted = {
            name: value for name, value in self.cleaned_data.items() if value not in (None, "")
        }
        if "since" in wanted:
            # Fixed now, so that the yes is to what was counted.
            wanted.setdefault("until", clock.now())
        return Replay(group=group, **wanted)


@admin.register(Replay)
class ReplayAdmin(SeenOnlyAdmin):
    """Replays, the newest first: what was asked for, and how far it has come."""

    list_display = ("what", "group", "shown_state", "progress", "asked_at", "actor_name")
    list_filter = ("state",)
    ordering = ("-pk",)
    actions = ("cancel",)
    fields = (
        "group",
        "what",
        "shown_state",
        "progress",
        "error_message",
        "asked_at",
        "actor_name",
        "finished_at",
        "again",
        "per_second",
    )
    readonly_fields = fields

    @display(description="what")
    def what(self, replay: Replay) -> str:
        return what(replay)

    @display(
        description="state",
        ordering="state",
        label={
            ReplayState.WAITING: "info",
            ReplayState.RUNNING: "warning",
            ReplayState.DONE: "success",
            ReplayState.FAILED: "danger",
        },
    )
    def shown_state(self, replay: Replay) -> str:
        return replay.state

    @display(description="given")
    def progress(self, replay: Replay) -> SafeString:
        return progress(replay)

    @admin.action(description="Cancel the selected replays", permissions=["change"])
    @confirmed
    def cancel(self, request: HttpRequest, replays: QuerySet[Replay]) -> None:
        """What they have not given yet stays where it is, and what was given and not tried yet is
        taken back. What was handled already stays so."""
        for replay in replays:
            messages.success(request, f"{numbered(cancel(replay))} of {replay} are taken back.")


def asked_to_replay(page: Any, request: HttpRequest, replay: Replay, *, back: str) -> HttpResponse:
    """Count what a replay would give, and start it after a yes."""
    try:
        if request.POST.get("confirmed") == "yes":
            started = start(replay)
            messages.success(request, f"{numbered(started.total)} will be given.")
            return redirect("admin:events_replay_change", started.pk)
        found = count(transport(), replay)
    except DomainError as error:
        messages.error(request, f"Nothing was replayed: {error}")
        return redirect(back)
    causes = [
        "They are handled by this group alone, as if they had just come. It can be cancelled.",
        "Their effects happen once more: what was sent, is sent again."
        if replay.again
        else "What the group has handled meanwhile is left alone.",
    ]
    if replay.per_second and found:
        causes.append(f"At this pace it takes {ago(found / replay.per_second)}.")
    until = {"until": f"{replay.until:%Y-%m-%dT%H:%M:%S.%f}"} if replay.until else {}
    return ask(
        page,
        request,
        asks=f"Give {numbered(found)} to {replay.group} once more?",
        causes=[what(replay), *causes] if found else [what(replay), "There is none to give."],
        hidden=sent(request) | until,
        yes="Yes, replay them",
    )


def what(replay: Replay) -> str:
    """Return which events a replay is of, in a sentence."""
    kind = f" of the type {replay.type}" if replay.type else ""
    if replay.dead:
        return f"dead letters{kind}{f' with {replay.error_code}' if replay.error_code else ''}"
    if replay.since is not None:
        until = f"{replay.until:%Y-%m-%d %H:%M:%S}" if replay.until else "now"
        return f"events{kind} from {replay.since:%Y-%m-%d %H:%M:%S} until {until} UTC"
    last = "the end" if replay.last_offset is None else replay.last_offset
    where = f"{replay.topic}/{replay.partition}"
    return f"events{kind} of {where} from {replay.first_offset} to {last}"


def progress(replay: Replay) -> SafeString:
    told = f"{replay.given:,} of {replay.total:,}"
    if replay.state != ReplayState.RUNNING:
        return format_html("{}", told)
    return format_html(
        '<progress class="septet-bar" max="{}" value="{}" aria-label="Given"></progress> {}',
        max(replay.total, 1),
        replay.given,
        told,
    )
