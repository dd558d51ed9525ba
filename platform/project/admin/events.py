"""Events for staff: what waits, which group lags behind, what could not be handled and why."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel.admin import SeenOnlyAdmin, confirmed, display
from kernel.events.here import transport
from kernel.events.models import (
    ConsumerGroup,
    OutboxEvent,
    OutboxState,
    Redelivery,
    RedeliveryState,
)
from kernel.events.replay import discard_dead, give_up, replay_dead
from kernel.events.selectors import GroupState, group_states


@admin.register(OutboxEvent)
class OutboxAdmin(SeenOnlyAdmin):
    """The newest first."""

    list_display = ("type", "subject", "shown_state", "time", "actor_name", "offset")
    list_filter = ("state",)
    search_fields = ("subject",)
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
        "actor_type",
        "actor_id",
        "actor_name",
        "traceparent",
        "event_id",
        "shown_data",
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

    @display(description="data")
    def shown_data(self, event: OutboxEvent) -> SafeString:
        return _as_json(event.data)


@admin.register(Redelivery)
class RedeliveryAdmin(SeenOnlyAdmin):
    """The newest first."""

    list_display = ("type", "group", "shown_state", "attempts", "reason", "due_at")
    list_filter = ("state", "group")
    search_fields = ("partition_key",)
    search_help_text = "Tenant and id: <tenant>/<id>"
    ordering = ("-id",)
    actions = ("replay", "give_up", "discard")
    fields = (
        "type",
        "group",
        "state",
        "error_code",
        "error_class",
        "error_message",
        "attempts",
        "first_failed_at",
        "last_failed_at",
        "due_at",
        "settled_at",
        "partition_key",
        "event_id",
        "shown_origin",
        "shown_envelope",
    )
    readonly_fields = fields

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

    @display(description="reason")
    def reason(self, row: Redelivery) -> str:
        if not row.error_code:
            return "waits behind an earlier one" if row.state == RedeliveryState.WAITING else "-"
        return f"{row.error_code}: {row.error_message}"[:120]

    @display(description="where it came from")
    def shown_origin(self, row: Redelivery) -> SafeString:
        return _as_json(row.origin)

    @display(description="the event as it came")
    def shown_envelope(self, row: Redelivery) -> SafeString:
        return _as_json(row.envelope)

    @admin.action(
        description="Replay the selected dead letters, from their first attempt",
        permissions=["change"],
    )
    @confirmed
    def replay(self, request: HttpRequest, rows: QuerySet[Redelivery]) -> None:
        messages.success(request, f"{replay_dead(rows)} dead letters are handled again.")

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
        messages.success(request, f"{discard_dead(rows)} dead letters are settled.")


@admin.register(ConsumerGroup)
class ConsumerGroupAdmin(SeenOnlyAdmin):
    """How far each group is behind, in events and in time."""

    fields = ("name", "committed_offset", "moved_at")
    readonly_fields = fields

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        known: dict[str, GroupState] = {}

        def column(title: str, tell: Callable[[GroupState], str]) -> Callable[[Any], str]:
            @display(description=title)
            def shown(group: ConsumerGroup) -> str:
                if not known:
                    # Once for the whole page.
                    known.update({one.group: one for one in group_states(transport())})
                state = known.get(group.name)
                return tell(state) if state else "no handler here"

            named: Callable[[Any], str] = shown
            return named

        return [
            "name",
            column("order", lambda state: "ordered" if state.ordered else "not ordered"),
            column("behind, events", lambda state: f"{state.lag_events:,}"),
            column("oldest, seconds", lambda state: f"{state.lag_seconds:,.0f}"),
            column("tried again", lambda state: f"{state.waiting_again:,}"),
            column("dead letters", lambda state: f"{state.dead:,}"),
            "moved_at",
        ]


def _as_json(value: Any) -> SafeString:
    return format_html(
        '<pre class="septet-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False)
    )
