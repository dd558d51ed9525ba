"""What there is to know of outbox, groups and dead letters."""

from dataclasses import dataclass

from django.db.models import Count, Min

from kernel import clock
from kernel.events.models import OutboxEvent, OutboxState, Redelivery, RedeliveryState
from kernel.events.registry import GROUPS
from kernel.events.transport import Transport

#: What is counted no further.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """How a consumer group is doing."""

    group: str
    ordered: bool
    #: Types of events that it handles.
    types: int
    #: Events that it has not been brought yet.
    lag_events: int
    #: How long the oldest event has waited that it has not handled, failed ones included.
    lag_seconds: float
    waiting_again: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCount:
    """What is in the outbox, and has not been handed over to everybody."""

    waiting: int
    #: How long the oldest has waited for the relay.
    waiting_seconds: float
    #: Seen by the handlers here, and kept for those that are not.
    local: int


def group_states(transport: Transport) -> list[GroupState]:
    """Return every group with a handler in this process, by name."""
    now = clock.now()
    kept: dict[str, dict[str, tuple[int, float]]] = {}
    rows = Redelivery.objects.filter(state__in=[RedeliveryState.WAITING, RedeliveryState.DEAD])
    for group, state, count, oldest in (
        rows.values_list("group", "state").annotate(Count("pk"), Min("first_failed_at")).order_by()
    ):
        seconds = (now - oldest).total_seconds() if oldest else 0.0
        kept.setdefault(group, {})[state] = (count, seconds)
    states = []
    for name, group in sorted(GROUPS.items()):
        lag = transport.lag(name, list(group.handlers))
        waiting = kept.get(name, {}).get(RedeliveryState.WAITING, (0, 0.0))
        states.append(
            GroupState(
                group=name,
                ordered=group.ordered,
                types=len(group.handlers),
                lag_events=lag.events,
                lag_seconds=max(lag.seconds, waiting[1]),
                waiting_again=waiting[0],
                dead=kept.get(name, {}).get(RedeliveryState.DEAD, (0, 0.0))[0],
            )
        )
    return states


def outbox_count() -> OutboxCount:
    """Return what waits in the outbox; beyond 100,000 events it counts no further."""
    waiting = OutboxEvent.objects.filter(state=OutboxState.WAITING)
    oldest = waiting.order_by("position").values_list("time", flat=True).first()
    local = OutboxEvent.objects.filter(state=OutboxState.LOCAL)
    return OutboxCount(
        waiting=waiting.order_by()[:MOST_COUNTED].count(),
        waiting_seconds=(clock.now() - oldest).total_seconds() if oldest else 0.0,
        local=local.order_by()[:MOST_COUNTED].count(),
    )
