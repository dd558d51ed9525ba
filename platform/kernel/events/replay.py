"""Giving events to a group once more, or giving them up: by a person, and told as an event."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from contracts.events import DeadLettersDiscarded, EventsReplayed
from kernel import clock
from kernel.errors import InvalidInputError, NotFoundError
from kernel.events.inbox import redelivery
from kernel.events.models import Handled, Redelivery, RedeliveryState
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS, Group
from kernel.events.transport import Arrival, Transport
from kernel.events.wake import notifier


@transaction.atomic
def replay_dead(rows: QuerySet[Redelivery]) -> int:
    """Let those of the rows that are dead letters be handled from their first attempt again.

    Returns how many there were. What was handled meanwhile changes nothing.
    """
    dead = rows.filter(state=RedeliveryState.DEAD).order_by()
    counts = _by_group(dead)
    replayed = dead.update(state=RedeliveryState.WAITING, attempts=0, due_at=clock.now())
    for group, count in counts.items():
        publish(EventsReplayed(group=group, count=count))
    return replayed


@transaction.atomic
def give_up(rows: QuerySet[Redelivery]) -> int:
    """Make dead letters of those of the rows that wait for an attempt, so that keys go on."""
    return rows.filter(state=RedeliveryState.WAITING).order_by().update(state=RedeliveryState.DEAD)


@transaction.atomic
def discard_dead(rows: QuerySet[Redelivery]) -> int:
    """Settle those of the rows that are dead letters without handling them; they stay for a while.

    Returns how many there were.
    """
    dead = rows.filter(state=RedeliveryState.DEAD).order_by()
    counts = _by_group(dead)
    discarded = dead.update(state=RedeliveryState.DISCARDED, settled_at=clock.now())
    for group, count in counts.items():
        publish(DeadLettersDiscarded(group=group, count=count))
    return discarded


def count_range(
    transport: Transport, group: str, *, since: datetime, until: datetime, again: bool = False
) -> int:
    """Return how many events `replay_range` would give to the group now."""
    return sum(len(some) for some in _chosen(transport, _known(group), since, until, again=again))


def replay_range(
    transport: Transport,
    group: str,
    *,
    since: datetime,
    until: datetime,
    again: bool = False,
    per_second: int | None = None,
) -> int:
    """Give a group, and no other, the events of a range of time that it has not handled.

    `again`: also those that it has handled; its handlers have to bear that. `per_second` spreads
    them. Returns how many there were. Broken off, it can be started anew. Raises NotFoundError for
    a group without handlers here, InvalidInputError for a range that ends before it begins.
    """
    known = _known(group)
    now = clock.now()
    count = 0
    for arrivals in _chosen(transport, known, since, until, again=again):
        with transaction.atomic():
            _store(known, arrivals, due_from=now, count=count, per_second=per_second)
        count += len(arrivals)
    with transaction.atomic():
        publish(EventsReplayed(group=group, count=count, since=since, until=until, again=again))
    notifier.tell()
    return count


def _store(
    group: Group,
    arrivals: Sequence[Arrival],
    *,
    due_from: datetime,
    count: int,
    per_second: int | None,
) -> None:
    rows = []
    for number, arrival in enumerate(arrivals, count):
        row = redelivery(group, arrival)
        row.due_at = due_from + timedelta(seconds=number / per_second if per_second else 0)
        rows.append(row)
    Handled.objects.filter(group=group.name, event_id__in=[row.event_id for row in rows]).delete()
    Redelivery.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["group", "event_id"],
        update_fields=["state", "due_at", "attempts"],
    )


def _chosen(
    transport: Transport, group: Group, since: datetime, until: datetime, *, again: bool
) -> Iterator[Sequence[Arrival]]:
    if until <= since:
        raise InvalidInputError(f"a range ends after it begins, found {since} to {until}")
    for arrivals in transport.history(group, since, until):
        handled: set[UUID] = set()
        if not again:
            ids = [UUID(arrival.envelope.id) for arrival in arrivals]
            found = Handled.objects.filter(group=group.name, event_id__in=ids)
            handled = set(found.values_list("event_id", flat=True))
        chosen = [one for one in arrivals if UUID(one.envelope.id) not in handled]
        if chosen:
            yield chosen


def _known(group: str) -> Group:
    if group not in GROUPS:
        raise NotFoundError(
            f"no consumer group {group} here; there are {', '.join(sorted(GROUPS))}"
        )
    return GROUPS[group]


def _by_group(rows: QuerySet[Redelivery]) -> dict[str, int]:
    return dict(rows.values_list("group").annotate(Count("pk")))
