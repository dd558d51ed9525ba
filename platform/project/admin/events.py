"""Events for staff: what was told, what could not be handled and why."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel.admin import SeenOnlyAdmin, action, ask, confirmed, display, labelled, table
from kernel.events.models import OutboxEvent, OutboxState, Redelivery, RedeliveryState, Replay
from kernel.events.replay import discard_dead, give_up, replay_dead
from kernel.events.selectors import dead_by_reason
from project.admin.replays import LETTERS, asked_to_replay, letters_of, numbered


@admin.register(OutboxEvent)
class OutboxAdmin(SeenOnlyAdmin):
    """The newest first."""

    list_display = ("type", "subject", "shown_state", "time", "actor", "offset")
    list_filter = ("state",)
    search_fields = ("subject",)
    # Any few letters are in the id of one.
    found_by_name = False
    search_help_text = "The id of what it happened to"
    ordering = ("-position",)
    fields = (
        "type",
        "subject",
        "time",
        "state",
        "offset",
        "tenant_id",
        "partition_key",
        "event_id",
        "trace",
        "shown_message",
    )
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={
            OutboxState.WAITING: "info",
            OutboxState.LOCAL: "warning",
            OutboxState.SENT: "success",
        },
    )
    def shown_state(self, event: OutboxEvent) -> str:
        return event.state

    @display(description="who did it")
    def actor(self, event: OutboxEvent) -> str:
        return event.envelope().actor.name

    @display(description="trace")
    def trace(self, event: OutboxEvent) -> SafeString | str:
        _, _, rest = event.envelope().traceparent.partition("-")
        trace = rest.partition("-")[0]
        if not trace:
            return "-"
        return labelled(f"{reverse('admin:inspector')}?{urlencode({'id': trace})}", trace)

    @display(description="as it travels")
    def shown_message(self, event: OutboxEvent) -> SafeString:
        return _as_json(event.envelope().to_json())


class StateFilter(admin.SimpleListFilter):
    """What is still open, unless something else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [*RedeliveryState.choices, ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        shown = list(super().choices(changelist))
        return iter([shown[0] | {"display": "Dead or waiting"}, *shown[1:]])

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows.filter(state__in=[RedeliveryState.DEAD, RedeliveryState.WAITING])
        return rows if self.value() == "all" else rows.filter(state=self.value())


class _DeadFilter(admin.SimpleListFilter):
    """By a column of which there are few values among dead letters."""

    column = ""

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        found = sorted({getattr(one, self.column) for one in dead_by_reason()} - {""})
        chosen = self.value()
        if chosen and chosen not in found:
            found.append(chosen)
        return [(one, one) for one in found]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(**{self.column: self.value()}) if self.value() else rows


class GroupFilter(_DeadFilter):
    """Only what is for one group."""

    title = "group"
    parameter_name = column = "group"


class ReasonFilter(_DeadFilter):
    """Only what failed for one reason."""

    title = "reason"
    parameter_name = "reason"
    column = "error_code"


class TypeFilter(_DeadFilter):
    """Only events of one type."""

    title = "type"
    parameter_name = column = "type"


@admin.register(Redelivery)
class RedeliveryAdmin(SeenOnlyAdmin):
    """What could not be handled, by reason; the newest first."""

    list_display = ("type", "group", "shown_state", "attempts", "reason", "last_failed_at")
    list_filter = (StateFilter, GroupFilter, ReasonFilter, TypeFilter)
    list_before_template = "kernel/admin/panel.html"
    search_fields = ("partition_key",)
    search_help_text = "Tenant and id: <tenant>/<id>"
    ordering = ("-id",)
    actions = ("replay", "give_up", "discard")
    actions_detail = ("replay_one", "discard_one")
    fieldsets = (
        (None, {"fields": ("shown_state", "next_step", "type", "group")}),
        (
            "Why",
            {"fields": ("error_code", "error_message", "error_class", "attempts", "times")},
        ),
        ("The event", {"fields": ("shown_envelope", "shown_origin", "partition_key", "event_id")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay_reason)
        urls: list[URLPattern] = super().get_urls()
        return [path("replay/", view, name="events_redelivery_replay"), *urls]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        panel = {"panel_title": "Dead letters by reason", "panel": self._by_reason()}
        return super().changelist_view(request, (extra_context or {}) | panel)

    def _by_reason(self) -> SafeString:
        rows = [
            (
                one.error_code or "given up",
                one.group,
                one.type,
                labelled(letters_of(one.group, reason=one.error_code, type=one.type), one.count),
                f"{one.last_at:%Y-%m-%d %H:%M:%S}" if one.last_at else "-",
                labelled(
                    f"{reverse('admin:events_redelivery_replay')}?"
                    + urlencode({"group": one.group, "reason": one.error_code, "type": one.type}),
                    "Replay all",
                ),
            )
            for one in dead_by_reason(most=20)
        ]
        return table(
            ("reason", "group", "type", "dead", "last failed", "what to do"),
            rows,
            "There are none: every group has handled what it was brought, or will try again.",
        )

    def replay_reason(self, request: HttpRequest) -> HttpResponse:
        """Ask, then let a worker replay all dead letters of a group that have one reason."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        replay = Replay(
            group=sent.get("group", ""),
            dead=True,
            error_code=sent.get("reason", ""),
            type=sent.get("type", ""),
        )
        return asked_to_replay(self, request, replay, back=reverse(LETTERS))

    @display(
        description="state",
        ordering="state",
        label={
            RedeliveryState.WAITING: "warning",
            RedeliveryState.DEAD: "danger",
            RedeliveryState.HANDLED: "success",
        },
    )
    def shown_state(self, row: Redelivery) -> str:
        return row.state

    @display(description="what to do next")
    def next_step(self, row: Redelivery) -> str:
        match row.state:
            case RedeliveryState.DEAD:
                return (
                    "It is not tried again by itself. Put right what the reason says, then replay"
                    " it; or discard it, if it need never be handled."
                )
            case RedeliveryState.WAITING if row.attempts:
                return f"Nothing: it is tried again at {row.due_at:%Y-%m-%d %H:%M:%S} UTC."
            case RedeliveryState.WAITING:
                return "Nothing: it waits for its turn, behind an earlier one of its key or others."
        return "Nothing: it is settled."

    @display(description="reason")
    def reason(self, row: Redelivery) -> str:
        if not row.error_code:
            return "waits for its turn" if row.state == RedeliveryState.WAITING else "-"
        return f"{row.error_code}: {row.error_message}"[:120]

    @display(description="when")
    def times(self, row: Redelivery) -> SafeString:
        known = (
            ("First failed", row.first_failed_at),
            ("Last failed", row.last_failed_at),
            ("Tried again", row.due_at if row.state == RedeliveryState.WAITING else None),
            ("Settled", row.settled_at),
        )
        rows = [(what, f"{time:%Y-%m-%d %H:%M:%S} UTC") for what, time in known if time]
        return table(("what", "when"), rows, "It has not failed.")

    @display(description="where it came from")
    def shown_origin(self, row: Redelivery) -> SafeString:
        return _as_json(row.origin)

    @display(description="as it came")
    def shown_envelope(self, row: Redelivery) -> SafeString:
        if row.message is None:
            return _as_json(row.envelope)
        # No event of ours: the beginning of its bytes, as far as they are text.
        text = bytes(row.message).decode(errors="replace")
        return format_html('<pre class="septet-json">{}</pre>', text)

    @admin.action(
        description="Replay the selected dead letters, from their first attempt",
        permissions=["change"],
    )
    @confirmed
    def replay(self, request: HttpRequest, rows: QuerySet[Redelivery]) -> None:
        """Their groups handle them as if they had just come. What fails again is a dead letter
        again, with its new reason."""
        messages.success(request, f"{numbered(replay_dead(rows), 'dead letter')} handled again.")

    @admin.action(
        description="Make dead letters of the selected that wait, so that their keys go on",
        permissions=["change"],
    )
    @confirmed
    def give_up(self, request: HttpRequest, rows: QuerySet[Redelivery]) -> None:
        messages.success(request, f"{give_up(rows)} events wait no more.")

    @admin.action(
        description="Discard the selected dead letters: they will never be handled",
        permissions=["change"],
    )
    @confirmed
    def discard(self, request: HttpRequest, rows: QuerySet[Redelivery]) -> None:
        messages.success(request, f"{numbered(discard_dead(rows), 'dead letter')} settled.")

    @action(description="Replay", url_path="replay", permissions=["operate"])
    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let its group handle it again."""
        return self._asked(
            request,
            object_id,
            replay_dead,
            "Replay this event?",
            "Its group handles it as if it had just come, from its first attempt. If it fails again"
            " it is a dead letter again, with its new reason.",
        )

    @action(description="Discard", url_path="discard", permissions=["operate"])
    def discard_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then settle it without handling it."""
        return self._asked(
            request,
            object_id,
            discard_dead,
            "Discard this event?",
            "It will never be handled by this group. It stays in the list of what was discarded for"
            " as long as events are kept.",
        )

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[QuerySet[Redelivery]], int],
        asks: str,
        causes: str,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        back = redirect("admin:events_redelivery_change", object_id)
        if row.state != RedeliveryState.DEAD:
            messages.info(request, f"Nothing to do: it is no dead letter, it is {row.state}.")
            return back
        if request.POST.get("confirmed") != "yes":
            what = f"{row}, {row.error_code or 'given up'}"
            return ask(self, request, asks=asks, causes=[what, causes])
        act(Redelivery.objects.filter(pk=row.pk))
        messages.success(request, "It is done.")
        return back


def _as_json(value: Any) -> SafeString:
    return format_html(
        '<pre class="septet-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False)
    )
