"""What there is to know of outbox, groups and dead letters."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from django.db.models import Count, Max, Min, QuerySet

from kernel import clock
from kernel.errors import UnavailableError
from kernel.events.models import (
    ConsumerGroup,
    OutboxEvent,
    OutboxState,
    Redelivery,
    RedeliveryState,
)
from kernel.events.registry import GROUPS
from kernel.events.transport import MOST_COUNTED, Lag, Transport

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """How a consumer group is doing."""

    group: str
    ordered: bool
    #: Types of events that it handles.
    types: int
    #: Events that it has not been brought yet; None while brokers do not answer.
    lag_events: int | None
    #: How long the oldest event has waited that it has not handled, failed ones included.
    lag_seconds: float
    waiting_again: int
    dead: int
    #: When it was last put to another place in the log, by reading or by hand.
    moved_at: datetime | None
    paused: bool
    paused_at: datetime | None
    paused_by: str

    def told(self) -> dict[str, Any]:
        """Return it as one process tells it to another."""
        moments = {name: getattr(self, name) for name in ("moved_at", "paused_at")}
        return asdict(self) | {name: at and at.isoformat() for name, at in moments.items()}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what was told; raises LookupError, TypeError or ValueError for anything else."""
        given = {one.name: told[one.name] for one in fields(cls)}
        for name in ("moved_at", "paused_at"):
            given[name] = given[name] and datetime.fromisoformat(given[name])
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadCount:
    """Dead letters of one group, reason and type."""

    group: str
    error_code: str
    type: str
    count: int
    #: When the first of them has failed first, and the last of them last.
    first_at: datetime | None
    last_at: datetime | None


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
    rows = _at_most(state__in=[RedeliveryState.WAITING, RedeliveryState.DEAD])
    for group, state, count, oldest in (
        rows.values_list("group", "state").annotate(Count("pk"), Min("first_failed_at")).order_by()
    ):
        seconds = (now - oldest).total_seconds() if oldest else 0.0
        kept.setdefault(group, {})[state] = (count, seconds)
    rows_by_name = ConsumerGroup.objects.in_bulk(list(GROUPS))
    states = []
    lags = _lags(transport)
    for name, group in sorted(GROUPS.items()):
        lag = lags.get(name)
        waiting = kept.get(name, {}).get(RedeliveryState.WAITING, (0, 0.0))
        row = rows_by_name.get(name)
        states.append(
            GroupState(
                group=name,
                ordered=group.ordered,
                types=len(group.handlers),
                lag_events=lag.events if lag else None,
                lag_seconds=max(lag.seconds if lag else 0.0, waiting[1]),
                waiting_again=waiting[0],
                dead=kept.get(name, {}).get(RedeliveryState.DEAD, (0, 0.0))[0],
                moved_at=row.moved_at if row else None,
                paused=row.paused if row else False,
                paused_at=row.paused_at if row else None,
                paused_by=row.paused_by if row else "",
            )
        )
    return states


def _lags(transport: Transport) -> dict[str, Lag]:
    """Return the lag of each group; while brokers are away of none, after one question."""
    found = {}
    for name, group in GROUPS.items():
        try:
            found[name] = transport.lag(name, list(group.handlers))
        except UnavailableError:
            logger.warning("the lag of groups is not known: brokers do not answer")
            return {}
    return found


def _at_most(**wanted: Any) -> QuerySet[Redelivery]:
    """Return such rows, of more than 100,000 only so many: enough to be counted."""
    some = Redelivery.objects.filter(**wanted).order_by("id")[:MOST_COUNTED]
    return Redelivery.objects.filter(pk__in=some.values("pk"))


def dead_by_reason(most: int = 100) -> list[DeadCount]:
    """Return how many dead letters each group has for each reason, the largest count first."""
    rows = (
        _at_most(state=RedeliveryState.DEAD)
        .values("group", "error_code", "type")
        .annotate(count=Count("pk"), first_at=Min("first_failed_at"), last_at=Max("last_failed_at"))
        .order_by("-count", "group", "error_code", "type")
    )
    return [DeadCount(**row) for row in rows[:most]]


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
