"""What becomes of an event that arrives: handled once, tried again later, or a dead letter."""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, transaction
from prometheus_client import Histogram

from contracts.codec import MalformedEventError
from contracts.envelope import Actor, Envelope, UnknownEventTypeError
from kernel import clock
from kernel.errors import DomainError
from kernel.events import metrics
from kernel.events.actors import acting
from kernel.events.inserting import insert
from kernel.events.models import Handled, Redelivery, RedeliveryState
from kernel.events.registry import Group
from kernel.events.tallies import tallies
from kernel.events.transport import Arrival
from kernel.events.unreadable import UNREADABLE, code_of
from kernel.faults import fault_point
from kernel.observability.context import exemplar, request_ids
from kernel.observability.masking import mask_secrets
from kernel.observability.tracing import AnySpan, span
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: How long a failed event waits, the first, second and third time.
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
#: Events that share a transaction, as long as it stays short: SQLite has one writer.
MOST_TOGETHER = 100
TOGETHER_SECONDS = 0.02
#: No repetition makes sense of what cannot be read.
_UNREADABLE = tuple(UNREADABLE)

_MARK = (
    'INSERT INTO events_handled ("group", event_id) VALUES {}'
    " ON CONFLICT DO NOTHING RETURNING event_id"
)

T = TypeVar("T")
_envelope: ContextVar[Envelope | None] = ContextVar("envelope", default=None)
_asked: ContextVar[dict[Hashable, Any] | None] = ContextVar("asked", default=None)


def current_envelope() -> Envelope:
    """Return the event being handled with all that is told beside its data."""
    envelope = _envelope.get()
    if envelope is None:
        raise LookupError("no event is being handled here")
    return envelope


def once_a_batch(key: Hashable, ask: Callable[[], T]) -> T:
    """Return what `ask` gives, asked once for all events that are handled in one transaction.

    It is asked after all of them have arrived, so it knows what was committed before any of them
    was told, as it would if it were asked for each.
    """
    answers = _asked.get()
    if answers is None:
        return ask()
    if key not in answers:
        answers[key] = ask()
    return answers[key]  # type: ignore[no-any-return]  # what was asked under this key


def deliver(group: Group, arrivals: Sequence[Arrival]) -> None:
    """Let a group handle events that arrived, and keep those that fail.

    When it returns all of them are in good hands. In an ordered group, events behind one that
    waits for its next attempt are kept, too; those of other keys are handled together all the same.
    """
    left = [one for one in arrivals if one.envelope.type in group.handlers]
    if group.ordered and left:
        left = _keep_behind(group, left, _waiting_keys(group, left))
    source: _Source[Arrival] = _Source(attrgetter("envelope"))
    most = MOST_TOGETHER
    while left:
        chosen = left[:most]
        done, error = _handle_together(group, chosen, source)
        left = left[done:]
        # Those whose turn does not come are marked for nothing: no more than came to it last time.
        most = done if 0 < done < len(chosen) else min(most * 2, MOST_TOGETHER)
        if error is not None:
            failed, *left = left
            _log(group, failed.envelope.id, failed.envelope.type, error)
            row = redelivery(group, failed)
            keep(group, row, error)
            if group.ordered and row.state == RedeliveryState.WAITING:
                left = _keep_behind(group, left, {row.partition_key})


def redeliver(group: Group, limit: int) -> int:
    """Let a group handle again what is due, and return how many were tried.

    What is due longest comes first; in an ordered group, what was kept first. There, a key whose
    first event waits for its next attempt is passed over.
    """
    now = clock.now()
    waiting = Redelivery.objects.filter(group=group.name, state=RedeliveryState.WAITING)
    due = waiting.filter(due_at__lte=now)
    if group.ordered:
        due = due.exclude(partition_key__in=waiting.filter(due_at__gt=now).values("partition_key"))
    left = deque(due.order_by(*(("id",) if group.ordered else ("due_at", "id")))[:limit])
    source: _Source[Redelivery] = _Source(
        take=partial(_take_again, group), again=attrgetter("again"), settle=_settle
    )
    blocked: set[str] = set()
    tried = 0
    while left:
        if left[0].partition_key in blocked:
            left.popleft()
            continue
        # What has failed before may well do so again, and undo others with it: it goes alone.
        fresh = takewhile(lambda row: not row.attempts and row.partition_key not in blocked, left)
        chosen = list(islice(fresh, MOST_TOGETHER)) or [left[0]]
        done, error = _handle_together(group, chosen, source)
        for _ in range(done):
            left.popleft()
        tried += done
        if error is None:
            continue
        tried += 1
        row = left.popleft()
        _log(group, str(row.event_id), row.type, error)
        _fail(group, row, error)
        if group.ordered and row.state == RedeliveryState.WAITING:
            blocked.add(row.partition_key)
    return tried


@dataclass(frozen=True, slots=True)
class _Source(Generic[T]):
    """How a batch is read, and what is written down of it in the transaction of its effects."""

    take: Callable[[T], Envelope]
    #: Whether one is to be handled also if the group has handled it.
    again: Callable[[T], bool] = lambda _item: False
    settle: Callable[[Sequence[T]], None] = lambda _done: None


def _settle(rows: Sequence[Redelivery]) -> None:
    fault_point("redelivery.before_settled")
    Redelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=RedeliveryState.HANDLED, again=False, settled_at=clock.now()
    )


def _handle_together(
    group: Group, items: Sequence[T], source: _Source[T]
) -> tuple[int, Exception | None]:
    """Handle as many as go well in one short transaction: a commit costs more than most handlers.

    When one fails, it is undone with what came before it, and that is done again without it.
    Returns how many went well; or 0 and the error of the first, before which no other was handled.
    """
    many, error = _try_together(group, items, source)
    while error is not None and many:
        many, error = _try_together(group, items[:many], source)
    return many, error


def _try_together(
    group: Group, items: Sequence[T], source: _Source[T]
) -> tuple[int, Exception | None]:
    """Return how many were handled; or how many may go well without the others, and the error."""
    ends_at = time.monotonic() + TOGETHER_SECONDS
    # Who has caused that marking or the commit fails is not known: it is looked for by halves.
    half = len(items) // 2
    good = 0
    asked = _asked.set({})
    try:
        with transaction.atomic():
            envelopes: list[Envelope] = []
            for item in items:
                good = len(envelopes)
                envelopes.append(source.take(item))
            good = half
            marked = _mark(group.name, envelopes)
            pairs = zip(items, envelopes, strict=True)
            wanted = marked | {one.id for item, one in pairs if source.again(item)}
            for good, envelope in enumerate(envelopes):  # noqa: B007  told of when it fails
                _do(group, envelope, wanted)
                if time.monotonic() > ends_at:
                    break
            done, good = good + 1, half
            _unmark(group.name, marked & wanted)
            source.settle(items[:done])
    except Exception as error:  # noqa: BLE001  whatever a handler raises, other events go on
        return good, error
    finally:
        _asked.reset(asked)
    metrics.HANDLED.labels(group.name).inc(done)
    # Neither what was known before nor what is replayed is late.
    tallies.handled(one.time for one in envelopes[:done] if one.id in marked)
    fault_point("inbox.after_commit")
    return done, None


def _do(group: Group, envelope: Envelope, wanted: set[str]) -> None:
    """Let the handler see an event if it was marked now, and by nobody before."""
    event = envelope.event()
    if envelope.id in wanted:
        # The same event may have come twice, and be further on in the batch.
        wanted.remove(envelope.id)
        with _surroundings(group, envelope):
            begun = time.perf_counter()
            try:
                group.handlers[envelope.type](event)
                fault_point("inbox.before_commit")
            finally:
                _seconds(group.name).observe(time.perf_counter() - begun, exemplar())


def next_attempt(group: Group, error: Exception, attempts: int, now: datetime) -> datetime | None:
    """Return when a failed event is to be tried again; None makes it a dead letter."""
    if isinstance(error, _UNREADABLE) or (isinstance(error, DomainError) and not error.retryable):
        return None
    if attempts > len(PAUSES) and not group.ordered:
        return None
    return now + PAUSES[min(attempts, len(PAUSES)) - 1]


def redelivery(group: Group, arrival: Arrival) -> Redelivery:
    """Return the row, not stored yet, by which a group is given an event again at once."""
    envelope = arrival.envelope
    return Redelivery(
        group=group.name,
        event_id=UUID(envelope.id),
        type=envelope.type,
        tenant_id=UUID(envelope.tenant) if envelope.tenant else None,
        partition_key=envelope.partition_key,
        envelope=envelope.to_json(),
        origin=arrival.origin,
        due_at=clock.now(),
    )


def _take_again(group: Group, row: Redelivery) -> Envelope:
    if row.message is not None:
        raise MalformedEventError(row.error_message)
    if row.type not in group.handlers:
        raise UnknownEventTypeError(f"{group.name} has no handler of {row.type} any more")
    return Envelope.from_json(row.envelope)


@cache
def _actor(group: str) -> Actor:
    return Actor(type="system", id=group, name=group)


@cache
def _seconds(group: str) -> Histogram:
    return metrics.SECONDS.labels(group)


def _span(group: Group, envelope: Envelope) -> AnySpan:
    told = span(f"handle {envelope.type}", "consumer")
    if told.kept:
        told.set("messaging.consumer.group.name", group.name)
        told.set("messaging.message.id", envelope.id)
        told.set("septet.tenant_id", envelope.tenant)
        waited = clock.now() - envelope.time
        told.set("septet.event.waited_ms", round(waited.total_seconds() * 1000))
    return told


@contextmanager
def _surroundings(group: Group, envelope: Envelope) -> Iterator[None]:
    """Let a handler run in the event's tenant and trace; what it publishes, its group has done."""
    tenant = in_tenant(UUID(envelope.tenant)) if envelope.tenant else nullcontext()
    told = _envelope.set(envelope)
    try:
        with (
            request_ids(envelope.id, envelope.traceparent, of="event"),
            _span(group, envelope),
            acting(_actor(group.name)),
            tenant,
        ):
            yield
    finally:
        _envelope.reset(told)


def _mark(group: str, envelopes: Sequence[Envelope]) -> set[str]:
    """Mark events as handled; return the ids of those that were not before.

    Rivals wait for each other here. They never do crosswise, since all mark in the same order.
    """
    native = connection.features.has_native_uuid_field
    ids: dict[UUID | str, str] = {}
    for one in envelopes:
        id_ = UUID(one.id)
        ids[id_ if native else id_.hex] = one.id
    sql = _MARK.format(", ".join(["(%s, %s)"] * len(ids)))
    values = [value for id_ in sorted(ids) for value in (group, id_)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {ids[id_] for (id_,) in cursor.fetchall()}


def _unmark(group: str, ids: Collection[str]) -> None:
    """Take back the marks of events whose turn did not come in this transaction."""
    if ids:
        Handled.objects.filter(group=group, event_id__in=ids).delete()


def _waiting_keys(group: Group, arrivals: Collection[Arrival]) -> set[str]:
    """Return those of the keys that have an event waiting for its next attempt."""
    keys = {one.envelope.partition_key for one in arrivals}
    waiting = Redelivery.objects.filter(
        group=group.name, state=RedeliveryState.WAITING, partition_key__in=keys
    )
    return set(waiting.values_list("partition_key", flat=True).distinct())


def keep(group: Group, row: Redelivery, error: Exception) -> None:
    """Keep an event for its next attempt or as a dead letter, because of an error."""
    _note(group, row, error)
    # Kept already, if it arrives a second time: the first row stands, with its attempts.
    insert([row], unless_there=True)
    fault_point("inbox.kept")


def _keep_behind(group: Group, arrivals: list[Arrival], keys: Collection[str]) -> list[Arrival]:
    """Keep the events of these keys for when an earlier one has succeeded; return the others."""
    behind = [one for one in arrivals if one.envelope.partition_key in keys]
    for some in range(0, len(behind), MOST_TOGETHER):
        rows = [redelivery(group, one) for one in behind[some : some + MOST_TOGETHER]]
        insert(rows, unless_there=True)
        fault_point("inbox.kept")
    return (
        [one for one in arrivals if one.envelope.partition_key not in keys] if behind else arrivals
    )


def _fail(group: Group, row: Redelivery, error: Exception) -> None:
    _note(group, row, error)
    row.save()


def _note(group: Group, row: Redelivery, error: Exception) -> None:
    now = clock.now()
    row.attempts += 1
    row.error_class = f"{type(error).__module__}.{type(error).__qualname__}"
    row.error_code = code_of(error)
    # PostgreSQL keeps no NUL in a text.
    row.error_message = mask_secrets(str(error)).replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]
    row.first_failed_at = row.first_failed_at or now
    row.last_failed_at = now
    due_at = next_attempt(group, error, row.attempts, now)
    metrics.FAILED.labels(group.name).inc()
    if due_at is None:
        metrics.DEAD.labels(group.name).inc()
        tallies.failed("dead")
        row.state, row.told = RedeliveryState.DEAD, False
    else:
        tallies.failed("failed")
        row.due_at = due_at


def _log(group: Group, event_id: str, event_type: str, error: Exception) -> None:
    told = {"event_id": event_id, "event_type": event_type, "group": group.name}
    if (code := code_of(error)) != DomainError.code:
        logger.warning("event not handled: %s: %s", code, error, extra=told)
    else:
        logger.error("event not handled", exc_info=error, extra=told)
