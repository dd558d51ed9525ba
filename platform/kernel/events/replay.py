"""Giving events to a group once more, or giving them up: by a person, and told as an event."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, QuerySet

from contracts.envelope import Actor
from contracts.events import DeadLettersDiscarded, EventsReplayed
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.events.actors import current_actor
from kernel.events.giving import give, prepare
from kernel.events.groups import known_group
from kernel.events.models import Handled, Redelivery, RedeliveryState, Replay, ReplayState
from kernel.events.publishing import publish
from kernel.events.registry import Group
from kernel.events.transport import MOST_COUNTED, Arrival, Place, Transport
from kernel.events.wake import notifier

#: Events that one transaction gives, so that it stays short.
GIVEN_AT_ONCE = 1_000
#: A replay that is slower would outlast the time that its events are kept.
MOST_PER_SECOND = 100_000
#: The largest there can be.
LAST_OFFSET = 2**63 - 1
#: One that failed is tried again, as jobs are.
BEGINS_FROM = (ReplayState.WAITING, ReplayState.FAILED)
ENDED = (ReplayState.DONE, ReplayState.CANCELLED)


# --- Rows that a person has chosen --------------------------------------------------------------


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
    waiting = rows.filter(state=RedeliveryState.WAITING).order_by()
    return waiting.update(state=RedeliveryState.DEAD, told=False)


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


# --- Many events, as a piece of work of its own -------------------------------------------------


def check(replay: Replay) -> None:
    """Raise NotFoundError for a group without handlers here, InvalidInputError for nonsense."""
    known_group(replay.group)
    if replay.per_second is not None and not 1 <= replay.per_second <= MOST_PER_SECOND:
        raise InvalidInputError(
            f"1 to {MOST_PER_SECOND} events a second, found {replay.per_second}"
        )
    if replay.dead:
        return
    since, until = replay.since, replay.until
    first, last = replay.first_offset, replay.last_offset
    if (since is None) == (first is None):
        raise InvalidInputError("a replay is of a time, of offsets, or of dead letters")
    if since is not None and until is not None and until <= since:
        raise InvalidInputError(f"a range ends after it begins, found {since} to {until}")
    if first is not None and last is not None and last < first:
        raise InvalidInputError(f"a range ends where it begins or later, found {first} to {last}")
    if first is not None and not replay.topic:
        raise InvalidInputError("offsets are of a topic, such as files.file: say which")


def count(transport: Transport, replay: Replay) -> int:
    """Return how many events it would give to the group now; beyond 100,000 it counts no further.

    Raises as `check` does.
    """
    check(replay)
    if replay.dead:
        return _dead_of(replay).order_by()[:MOST_COUNTED].count()
    found = 0
    for arrivals in _chosen(transport, replay):
        found += len(arrivals)
        if found >= MOST_COUNTED:
            return MOST_COUNTED
    return found


@transaction.atomic
def ask(replay: Replay, *, total: int = 0) -> Replay:
    """Store a replay of about so many events, asked for by whoever is acting. It begins later."""
    check(replay)
    actor = current_actor()
    replay.actor_type, replay.actor_id, replay.actor_name = actor.type, actor.id, actor.name
    replay.total, replay.asked_at = total, clock.now()
    replay.save(force_insert=True)
    return replay


def perform(
    transport: Transport, replay: Replay, on_step: Callable[[int], None] = lambda _given: None
) -> int:
    """Give a group, and no other, the events of a replay; return how many there were.

    Broken off, it can be done once more: what it has given already is left out. Cancelled by
    somebody, it ends at the next step.
    """
    known_group(replay.group)
    mine = Replay.objects.filter(pk=replay.pk)
    mine.filter(state__in=BEGINS_FROM).update(state=ReplayState.RUNNING)
    steps = _dead_letters(replay) if replay.dead else _from_log(transport, replay)
    for step in steps:
        with transaction.atomic():
            # Locked, so that whoever cancels it takes back what this step has given, too.
            replay.given = mine.select_for_update().values_list("given", flat=True).get()
            if not mine.filter(state=ReplayState.RUNNING).exists():
                return replay.given
            replay.given += step(replay.given)
            mine.update(given=replay.given)
        notifier.tell()
        on_step(replay.given)
    with transaction.atomic():
        if mine.filter(state=ReplayState.RUNNING).update(
            state=ReplayState.DONE, finished_at=clock.now(), error_message=""
        ):
            by = Actor(type=replay.actor_type, id=replay.actor_id, name=replay.actor_name)
            _tell_of(replay, by)
    return replay.given


@transaction.atomic
def cancel(replay: Replay) -> int:
    """End a replay, and take back what was given and not tried yet; return how many that were.

    Returns 0 for one that has ended. Dead letters are dead letters again.
    """
    row = Replay.objects.select_for_update().get(pk=replay.pk)
    left = Redelivery.objects.filter(
        replay_id=row.pk, state=RedeliveryState.WAITING, attempts=0
    ).order_by()
    if row.state in ENDED and not left.exists():
        return 0
    failed_before = left if row.dead else left.exclude(error_code="")
    dead = failed_before.update(state=RedeliveryState.DEAD, again=False)
    taken_back = dead + left.delete()[0]
    row.state, row.finished_at, row.given = (
        ReplayState.CANCELLED,
        clock.now(),
        F("given") - taken_back,
    )
    row.save(update_fields=["state", "finished_at", "given"])
    row.refresh_from_db()
    _tell_of(row, current_actor(), cancelled=True)
    return taken_back


Step = Callable[[int], int]


def _from_log(transport: Transport, replay: Replay) -> Iterator[Step]:
    """Yield what gives the next events of the log, and returns how many there were."""
    for arrivals in _chosen(transport, replay):
        for start in range(0, len(arrivals), GIVEN_AT_ONCE):
            some = [prepare(arrival) for arrival in arrivals[start : start + GIVEN_AT_ONCE]]
            yield lambda given, some=some: give(  # type: ignore[misc]
                replay, some, lambda number: _due(replay, given + number)
            )


def _dead_letters(replay: Replay) -> Iterator[Step]:
    """Yield what gives the next dead letters, in the order in which they were kept."""
    at_once = min(GIVEN_AT_ONCE, replay.per_second or GIVEN_AT_ONCE)
    # One that has failed since it was asked for has been given by this replay before.
    left = _dead_of(replay).exclude(last_failed_at__gt=replay.asked_at).order_by("pk")
    last = 0
    while some := list(left.filter(pk__gt=last).values_list("pk", flat=True)[:at_once]):
        last = some[-1]
        yield (
            lambda given, some=some: (
                left.filter(pk__in=some)
                .order_by()
                .update(  # type: ignore[misc]
                    state=RedeliveryState.WAITING,
                    attempts=0,
                    due_at=_due(replay, given),
                    replay_id=replay.pk,
                )
            )
        )


def _dead_of(replay: Replay) -> QuerySet[Redelivery]:
    rows = Redelivery.objects.filter(group=replay.group, state=RedeliveryState.DEAD)
    wanted = {
        "type": replay.type,
        "error_code": replay.error_code,
        "tenant_id": replay.tenant_id,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def _due(replay: Replay, number: int) -> datetime:
    pause = number / replay.per_second if replay.per_second else 0
    return replay.asked_at + timedelta(seconds=pause)


def _chosen(transport: Transport, replay: Replay) -> Iterator[Sequence[Arrival]]:
    group = known_group(replay.group)
    tenant = str(replay.tenant_id or "")
    for arrivals in _history(transport, group, replay):
        chosen = [
            one
            for one in arrivals
            if (not tenant or one.envelope.tenant == tenant)
            and (not replay.type or one.envelope.type == replay.type)
        ]
        if not replay.again:
            ids = [UUID(one.envelope.id) for one in chosen]
            found = Handled.objects.filter(group=group.name, event_id__in=ids)
            handled = set(found.values_list("event_id", flat=True))
            chosen = [one for one in chosen if UUID(one.envelope.id) not in handled]
        if chosen:
            yield chosen


def _history(transport: Transport, group: Group, replay: Replay) -> Iterator[Sequence[Arrival]]:
    if replay.since is not None:
        return transport.history(group, replay.since, replay.until or replay.asked_at)
    first = Place(topic=replay.topic, partition=replay.partition, offset=replay.first_offset or 0)
    end = LAST_OFFSET if replay.last_offset is None else replay.last_offset + 1
    return transport.history_between(group, first, end)


def _tell_of(replay: Replay, by: Actor, *, cancelled: bool = False) -> None:
    publish(
        EventsReplayed(
            group=replay.group,
            count=replay.given,
            since=replay.since,
            until=replay.until,
            again=replay.again,
            cancelled=cancelled,
        ),
        tenant_id=replay.tenant_id,
        actor=by,
    )


def _by_group(rows: QuerySet[Redelivery]) -> dict[str, int]:
    return dict(rows.values_list("group").annotate(Count("pk")))
