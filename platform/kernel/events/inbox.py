"""What becomes of an event that arrives: handled once, tried again later, or a dead letter."""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

from django.db import connection, transaction

from contracts.codec import MalformedEventError
from contracts.envelope import Actor, Envelope, UnknownEventTypeError
from kernel import clock
from kernel.errors import DomainError
from kernel.events.actors import acting
from kernel.events.models import Handled, Redelivery, RedeliveryState
from kernel.events.registry import Group
from kernel.events.transport import Arrival
from kernel.faults import fault_point
from kernel.observability.context import request_ids
from kernel.observability.logging import mask
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: How long a failed event waits, the first, second and third time.
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
#: Events that share a transaction, as long as it stays short: SQLite has one writer.
MOST_TOGETHER = 50
TOGETHER_SECONDS = 0.02
#: No repetition makes sense of what cannot be read.
_UNREADABLE = (MalformedEventError, UnknownEventTypeError)

_MARK = "INSERT INTO events_handled (%s, event_id) VALUES (%%s, %%s) ON CONFLICT DO NOTHING"
_envelope: ContextVar[Envelope | None] = ContextVar("envelope", default=None)


def current_envelope() -> Envelope:
    """Return the event being handled with all that is told beside its data."""
    envelope = _envelope.get()
    if envelope is None:
        raise LookupError("no event is being handled here")
    return envelope


def deliver(group: Group, arrivals: Sequence[Arrival]) -> None:
    """Let a group handle events that arrived, and keep those that fail.

    When it returns all of them are in good hands. In an ordered group, an event behind one that
    waits for its next attempt is kept, too.
    """
    blocked = _waiting_keys(group) if group.ordered and arrivals else set()
    left = deque(one for one in arrivals if one.envelope.type in group.handlers)
    while left:
        ready = takewhile(lambda one: one.envelope.partition_key not in blocked, left)
        chosen = [one.envelope for one in islice(ready, MOST_TOGETHER)]
        if not chosen:
            _keep(group, left.popleft(), None)
            continue
        done, failed = _handle_together(group, chosen)
        for _ in range(done):
            left.popleft()
        if failed:
            arrival = left.popleft()
            error = handle(group, arrival.envelope)
            kept = _keep(group, arrival, error) if error is not None else None
            if group.ordered and kept == RedeliveryState.WAITING:
                blocked.add(arrival.envelope.partition_key)


def redeliver(group: Group, limit: int) -> int:
    """Let a group handle again what is due, in the order it was kept; return how many were tried.

    In an ordered group, a key whose first event waits for its next attempt is passed over.
    """
    now = clock.now()
    waiting = Redelivery.objects.filter(group=group.name, state=RedeliveryState.WAITING)
    due = waiting.filter(due_at__lte=now)
    if group.ordered:
        due = due.exclude(partition_key__in=waiting.filter(due_at__gt=now).values("partition_key"))
    blocked: set[str] = set()
    settled: list[int] = []
    tried = 0
    for row in due.order_by("id")[:limit]:
        if row.partition_key in blocked:
            continue
        tried += 1
        error = _handle_again(group, row)
        if error is None:
            settled.append(row.pk)
            continue
        _fail(group, row, error)
        if group.ordered and row.state == RedeliveryState.WAITING:
            blocked.add(row.partition_key)
    fault_point("redelivery.before_settled")
    Redelivery.objects.filter(pk__in=settled).update(
        state=RedeliveryState.HANDLED, settled_at=clock.now()
    )
    return tried


def handle(group: Group, envelope: Envelope) -> Exception | None:
    """Do what the group's handler does, and mark it done, in one transaction; return the error.

    An event that is marked already is passed over.
    """
    try:
        with transaction.atomic():
            _do(group, envelope)
        fault_point("inbox.after_commit")
    except Exception as error:  # noqa: BLE001  whatever a handler raises, other events go on
        _log(group, envelope, error)
        return error
    return None


def _handle_together(group: Group, envelopes: Sequence[Envelope]) -> tuple[int, bool]:
    """Handle as many as go well in one short transaction: a commit costs more than most handlers.

    Returns how many they were, and whether one failed; then it is undone with what came before it,
    and that is done again without it.
    """
    done, ends_at = 0, time.monotonic() + TOGETHER_SECONDS
    try:
        with transaction.atomic():
            for envelope in envelopes:
                _do(group, envelope)
                done += 1
                if time.monotonic() > ends_at:
                    break
        fault_point("inbox.after_commit")
    except Exception:  # noqa: BLE001  the one that failed is handled alone, and told of then
        return _handle_together(group, envelopes[:done])[0] if done else 0, True
    return done, False


def _do(group: Group, envelope: Envelope) -> None:
    event = envelope.event()
    with _surroundings(group, envelope):
        if _mark(group.name, UUID(envelope.id)):
            group.handlers[envelope.type](event)
            fault_point("inbox.before_commit")


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


def _handle_again(group: Group, row: Redelivery) -> Exception | None:
    if row.type not in group.handlers:
        return UnknownEventTypeError(f"{group.name} has no handler of {row.type} any more")
    try:
        envelope = Envelope.from_json(row.envelope)
    except MalformedEventError as error:
        return error
    return handle(group, envelope)


@contextmanager
def _surroundings(group: Group, envelope: Envelope) -> Iterator[None]:
    """Let a handler run in the event's tenant and trace; what it publishes, its group has done."""
    tenant = in_tenant(UUID(envelope.tenant)) if envelope.tenant else nullcontext()
    told = _envelope.set(envelope)
    try:
        with (
            request_ids(envelope.id, envelope.traceparent),
            acting(Actor(type="system", id=group.name, name=group.name)),
            tenant,
        ):
            yield
    finally:
        _envelope.reset(told)


def _mark(group: str, event_id: UUID) -> bool:
    """Mark an event as handled; False when it was before. Rivals wait for each other here."""
    id_ = Handled._meta.get_field("event_id").get_db_prep_value(event_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(_MARK % connection.ops.quote_name("group"), [group, id_])
        return bool(cursor.rowcount)


def _waiting_keys(group: Group) -> set[str]:
    waiting = Redelivery.objects.filter(group=group.name, state=RedeliveryState.WAITING)
    return set(waiting.values_list("partition_key", flat=True).distinct())


def _keep(group: Group, arrival: Arrival, error: Exception | None) -> str:
    """Keep an event for later, because of an error or behind another; return its state."""
    row = redelivery(group, arrival)
    if error is not None:
        _note(group, row, error)
    # Kept already, if it arrives a second time: the first row stands, with its attempts.
    Redelivery.objects.bulk_create([row], ignore_conflicts=True)
    fault_point("inbox.kept")
    return row.state


def _fail(group: Group, row: Redelivery, error: Exception) -> None:
    _note(group, row, error)
    row.save()


def _note(group: Group, row: Redelivery, error: Exception) -> None:
    now = clock.now()
    row.attempts += 1
    row.error_class = f"{type(error).__module__}.{type(error).__qualname__}"
    row.error_code = error.code if isinstance(error, DomainError) else DomainError.code
    # PostgreSQL keeps no NUL in a text.
    row.error_message = mask(str(error)).replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]
    row.first_failed_at = row.first_failed_at or now
    row.last_failed_at = now
    due_at = next_attempt(group, error, row.attempts, now)
    if due_at is None:
        row.state = RedeliveryState.DEAD
    else:
        row.due_at = due_at


def _log(group: Group, envelope: Envelope, error: Exception) -> None:
    told = {"event_id": envelope.id, "event_type": envelope.type, "group": group.name}
    if isinstance(error, DomainError):
        logger.warning("event not handled: %s: %s", error.code, error, extra=told)
    else:
        logger.error("event not handled", exc_info=error, extra=told)
