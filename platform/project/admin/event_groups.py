"""Consumer groups for staff: how each is doing, and what may be done to it, after a yes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel.admin import (
    MomentInput,
    SeenOnlyAdmin,
    SelectInput,
    action,
    ago,
    ask,
    badge,
    columns_of,
    confirmed,
    display,
    labelled,
    page_of,
    sent,
    table,
)
from kernel.errors import DomainError
from kernel.events.control import pause, place, reset, resume
from kernel.events.groups import known_group
from kernel.events.here import transport
from kernel.events.models import ConsumerGroup, Replay
from kernel.events.registry import GROUPS, Group
from kernel.events.selectors import GroupState, dead_by_reason
from kernel.events.transport import Move
from project.admin.away import states_of_groups
from project.admin.replays import (
    ReplayForm,
    asked_to_replay,
    letters_of,
    numbered,
    progress,
    what,
)
from project.events_page import purpose

#: A group whose oldest event has waited longer has fallen behind.
BEHIND_SECONDS = 60
LETTERS = "admin:events_redelivery_changelist"


PLACES = {
    "beginning": "the beginning: the oldest event that is kept",
    "end": "the end: what was told until now is left out",
    "time": "the first event of a time",
}


class ResetForm(forms.Form):
    """Where a group is to read on."""

    to = forms.ChoiceField(label="Read on from", choices=list(PLACES.items()), widget=SelectInput())
    time = forms.DateTimeField(
        label="Time (UTC)", required=False, widget=MomentInput(), help_text="For a time only."
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("to") == "time" and given.get("time") is None and not self.errors:
            raise forms.ValidationError("Say which time.")
        return given


@admin.register(ConsumerGroup)
class ConsumerGroupAdmin(SeenOnlyAdmin):
    """How far each group is behind, in events and in time; the page of one says the rest."""

    actions = ("pause", "resume")
    actions_detail = ("replay_events", "move", "pause_one", "resume_one")
    ordering = ("name",)
    fields = ("purpose", "now", "letters", "replays", "handlers")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsumerGroup]:
        rows: QuerySet[ConsumerGroup] = super().get_queryset(request)
        # A group that has not read yet has no row; people look for it all the same.
        if missing := set(GROUPS) - set(rows.filter(pk__in=GROUPS).values_list("pk", flat=True)):
            ConsumerGroup.objects.bulk_create(
                [ConsumerGroup(pk=name) for name in sorted(missing)], ignore_conflicts=True
            )
        return rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        known = states_of_groups(request)
        column = columns_of(lambda: known)
        return [
            "name",
            column("state", _state),
            column("behind", _behind),
            column("oldest waits", _waits),
            column("tried again", lambda one: f"{one.waiting_again:,}"),
            column("dead", lambda one: _letters(one.group, one.dead)),
            "moved_at",
        ]

    # --- The page of a group --------------------------------------------------------------------

    def get_object(self, request: HttpRequest, *args: Any, **named: Any) -> ConsumerGroup | None:
        group: ConsumerGroup | None = super().get_object(request, *args, **named)
        if group is not None:
            # A field is asked several times for what it shows.
            vars(group)["state"] = states_of_groups(request).get(group.name)
        return group

    @display(description="what it does")
    def purpose(self, group: ConsumerGroup) -> str:
        known = GROUPS.get(group.name)
        return purpose(known) if known else "It has no handlers in this process."

    @display(description="now")
    def now(self, group: ConsumerGroup) -> SafeString:
        one: GroupState | None = vars(group)["state"]
        if one is None:
            return table((), (), "Nobody reads for it here.")
        state: Any = _state(one)
        if one.paused_at:
            since = f"since {one.paused_at:%Y-%m-%d %H:%M:%S} UTC by {one.paused_by or 'somebody'}"
            state = format_html("{} {}", state, since)
        rows = [
            ("State", state),
            ("Behind", _behind(one)),
            ("Oldest event that waits", _waits(one)),
            ("Tried again", numbered(one.waiting_again)),
            ("Dead letters", _letters(one.group, one.dead)),
            ("Order", "kept for each key" if one.ordered else "not kept"),
            ("Last moved", f"{group.moved_at:%Y-%m-%d %H:%M:%S} UTC"),
        ]
        return table(("what", "value"), rows, "")

    @display(description="dead letters by reason")
    def letters(self, group: ConsumerGroup) -> SafeString:
        rows = [
            (one.error_code or "given up", one.type, labelled(url, f"{one.count:,}"))
            for one in dead_by_reason()
            if one.group == group.name
            for url in [letters_of(one.group, reason=one.error_code, type=one.type)]
        ]
        return table(
            ("reason", "type", "dead"), rows, "None: it has handled all that it was brought."
        )

    @display(description="handlers")
    def handlers(self, group: ConsumerGroup) -> SafeString:
        known = GROUPS.get(group.name)
        types: dict[str, list[str]] = {}
        for type_, handler in sorted(known.handlers.items() if known else ()):
            named = f"{handler.__module__}.{getattr(handler, '__name__', 'a partial')}"
            types.setdefault(named, []).append(type_)
        rows = [(named, ", ".join(some)) for named, some in types.items()]
        return table(("handler", "events"), rows, "None in this process.")

    @display(description="its last replays")
    def replays(self, group: ConsumerGroup) -> SafeString:
        rows = [
            (
                labelled(reverse("admin:events_replay_change", args=[one.pk]), what(one)),
                progress(one),
                one.actor_name,
            )
            for one in Replay.objects.filter(group=group.name).order_by("-pk")[:5]
        ]
        return table(("what", "given", "asked for by"), rows, "None yet.")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        paused = ConsumerGroup.objects.filter(pk=unquote(object_id), paused=True).exists()
        left_out = {(self.pause_one if paused else self.resume_one).__name__}
        if unquote(object_id) not in GROUPS:
            # Whoever has its handlers knows what it reads.
            left_out |= {self.replay_events.__name__, self.move.__name__}
        return [one for one in actions if one.method.__name__ not in left_out]

    # --- What may be done to it -----------------------------------------------------------------

    @admin.action(description="Pause the selected groups", permissions=["change"])
    @confirmed
    def pause(self, request: HttpRequest, groups: QuerySet[ConsumerGroup]) -> None:
        """They handle nothing, neither new events nor failed ones, until they are resumed. Nothing
        is lost: what comes meanwhile waits, for as long as events are kept."""
        for_each(request, groups, pause, "is paused", "is paused already")

    @admin.action(description="Resume the selected groups", permissions=["change"])
    @confirmed
    def resume(self, request: HttpRequest, groups: QuerySet[ConsumerGroup]) -> None:
        """They go on where they were, with what has come meanwhile."""
        for_each(request, groups, resume, "goes on", "is not paused")

    @action(description="Pause", url_path="pause", permissions=["operate"])
    def pause_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then pause it."""
        return self._asked(
            request,
            object_id,
            pause,
            "is paused",
            f"Pause {unquote(object_id)}?",
            "It handles nothing, neither new events nor failed ones, until it is resumed.",
            "Nothing is lost: what comes meanwhile waits, for as long as events are kept.",
        )

    @action(description="Resume", url_path="resume", permissions=["operate"])
    def resume_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it go on."""
        return self._asked(
            request,
            object_id,
            resume,
            "goes on",
            f"Resume {unquote(object_id)}?",
            "It goes on where it was, with what has come meanwhile.",
        )

    @action(description="Read on elsewhere", url_path="reset", permissions=["operate"])
    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask where, say what would come of it, and do it."""
        group = self._known(object_id)
        form = ResetForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return page_of(
                self,
                request,
                form,
                title=f"Let {group.name} read on elsewhere",
                introduction="The group has to be paused. You will be told what comes of it before"
                " it is done.",
                button="See what comes of it",
            )
        to = place(form.cleaned_data["to"], form.cleaned_data["time"])
        try:
            if request.POST.get("confirmed") == "yes":
                told = _told(reset(transport(), group.name, to))
                messages.success(request, f"{group.name} reads on from there. {told}")
                return self._back(object_id)
            found = transport().distance(group, to)
        except DomainError as error:
            messages.error(request, f"Nothing was changed: {error}")
            return self._back(object_id)
        return ask(
            self,
            request,
            asks=f"Let {group.name} read on from {PLACES[form.cleaned_data['to']]}"
            f"{_moment(form.cleaned_data['time'])}?",
            causes=[_told(found), "It stays paused until you resume it."],
            hidden=sent(request),
            yes="Yes, move it",
        )

    @action(description="Replay events", url_path="replay", permissions=["operate"])
    def replay_events(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask which, count them, and let a worker give them to the group."""
        group = self._known(object_id)
        form = ReplayForm(group, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return page_of(
                self,
                request,
                form,
                title=f"Replay events to {group.name}",
                introduction="They are given to this group and to no other. Events are kept for a"
                " while only; what is gone cannot be replayed. You will be told how many there are"
                " before it is done.",
                button="Count them",
            )
        back = reverse("admin:events_consumergroup_change", args=[object_id])
        return asked_to_replay(self, request, form.replay(group.name), back=back)

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[str], bool],
        done: str,
        asks: str,
        *causes: str,
    ) -> HttpResponse:
        group = self._row(object_id)
        if request.POST.get("confirmed") != "yes":
            return ask(self, request, asks=asks, causes=causes)
        if act(group):
            messages.success(request, f"{group} {done}.")
        else:
            messages.info(request, f"{group} {done} already.")
        return self._back(object_id)

    def _row(self, object_id: str) -> str:
        """Return its name, wherever its handlers are."""
        name = unquote(object_id)
        if ConsumerGroup.objects.filter(pk=name).exists():
            return name
        return self._known(object_id).name

    def _known(self, object_id: str) -> Group:
        try:
            return known_group(unquote(object_id))
        except DomainError as error:
            raise Http404(str(error)) from None

    def _back(self, object_id: str) -> HttpResponse:
        return redirect("admin:events_consumergroup_change", object_id)


def for_each(
    request: HttpRequest,
    groups: QuerySet[ConsumerGroup],
    act: Callable[[str], bool],
    done: str,
    already: str,
) -> None:
    """Do something to each group, and tell what became of it."""
    for group in groups:
        try:
            messages.success(request, f"{group.name} {done if act(group.name) else already}.")
        except DomainError as error:
            messages.error(request, str(error))


def _state(one: GroupState) -> SafeString:
    if one.paused:
        return badge("paused", "warning")
    if one.lag_events is None:
        return badge("not known", "warning")
    behind = one.lag_seconds > BEHIND_SECONDS
    return badge("behind", "danger") if behind else badge("up to date", "success")


def _behind(one: GroupState) -> str:
    if one.lag_events is None:
        return "not known: brokers do not answer"
    return numbered(one.lag_events)


def _waits(one: GroupState) -> str:
    known = one.lag_events is not None or one.lag_seconds > 0
    return ago(one.lag_seconds) if known else "not known"


def _letters(group: str, dead: int) -> SafeString | str:
    return labelled(letters_of(group), f"{dead:,}") if dead else "0"


def _told(move: Move) -> str:
    if move.left_out:
        return (
            f"{numbered(move.left_out)} that it has not been brought will be left out. A replay can"
            " still give them to it, for as long as they are kept."
        )
    if move.again:
        return (
            f"{numbered(move.again)} will be brought to it once more; those that it has handled are"
            " passed over, so that nothing happens twice."
        )
    return "It is there already: no event is left out, and none is brought once more."


def _moment(time: datetime | None) -> str:
    return f", {time:%Y-%m-%d %H:%M:%S} UTC" if time else ""
