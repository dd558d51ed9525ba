"""Writing events into the outbox, in the transaction of what they tell of."""

import secrets
from collections.abc import Sequence
from uuid import UUID

import orjson
from django.db import connection, transaction

from contracts.codec import to_data
from contracts.envelope import Actor
from contracts.event import Event
from kernel import clock
from kernel.events.actors import current_actor
from kernel.events.inserting import insert
from kernel.events.message import has_nul, write
from kernel.events.models import OutboxEvent
from kernel.events.wake import notifier
from kernel.ids import new_id
from kernel.observability.context import Ids, current_ids
from kernel.observability.tracing import span
from kernel.tenancy.context import TenantRequiredError, current_tenant_id

#: The longest id of what an event happened to.
MOST_SUBJECT = 255

#: The most that an event may tell, in JSON: brokers take messages of 1 MB, and what no broker takes
#: would hold up everything behind it.
MOST_DATA_BYTES = 500_000


class OutsideTransactionError(RuntimeError):
    """An event was published outside of a transaction: it could be told without having happened."""


def publish(event: Event, *, tenant_id: UUID | None = None, actor: Actor | None = None) -> UUID:
    """Tell an event, if and when the caller's transaction commits; return its id.

    It is of the tenant that is named, else of the caller's, else of none. It was done by the actor
    that is named, else by the caller's credential, else by who is signed in, else by the platform.
    Raises OutsideTransactionError.
    """
    return publish_all([event], tenant_id=tenant_id, actor=actor)[0]


def publish_all(
    events: Sequence[Event], *, tenant_id: UUID | None = None, actor: Actor | None = None
) -> list[UUID]:
    """Tell many events by one statement, in this order; return their ids. See `publish`."""
    if not connection.in_atomic_block:
        raise OutsideTransactionError("publish inside the transaction of what the event tells of")
    if not events:
        return []
    tenant = tenant_id or _tenant_here()
    done_by = actor or current_actor()
    with span("publish", "producer") as here:
        trace = _traceparent()
        rows = [_row(event, tenant, done_by, trace) for event in events]
        insert(rows)
        if here.kept:
            here.rename(f"publish {events[0].TYPE}")
            here.set("messaging.batch.message_count", len(events))
    # An event that is not told of is found all the same, a little later.
    transaction.on_commit(notifier.tell, robust=True)
    return [row.event_id for row in rows]


def _row(event: Event, tenant: UUID | None, actor: Actor, traceparent: str) -> OutboxEvent:
    subject = event.subject
    if not subject or len(subject) > MOST_SUBJECT:
        raise ValueError(
            f"{event.TYPE}: {event.SUBJECT} has 1 to {MOST_SUBJECT} characters, found {subject!r}"
        )
    data = orjson.dumps(to_data(event))
    if (size := len(data)) > MOST_DATA_BYTES:
        raise ValueError(
            f"{event.TYPE} tells {size} bytes, at most {MOST_DATA_BYTES}: tell ids, not contents"
        )
    if has_nul(data):
        raise ValueError(f"{event.TYPE} has a NUL character, which PostgreSQL does not keep")
    id_, now = new_id(), clock.now()
    # Order is kept for a key only, so the tenant is part of it: two never wait for each other.
    key = f"{tenant or '-'}/{subject}"
    return OutboxEvent(
        event_id=id_,
        type=event.TYPE,
        tenant_id=tenant,
        subject=subject,
        partition_key=key,
        time=now,
        message=write(
            event.TYPE,
            subject,
            id_=str(id_),
            time=now,
            partition_key=key,
            tenant=str(tenant or ""),
            traceparent=traceparent,
            actor=actor,
            data=data,
        ),
    )


def _tenant_here() -> UUID | None:
    try:
        return current_tenant_id()
    except TenantRequiredError:
        return None


def _traceparent() -> str:
    return (
        current_ids().traceparent
        or Ids(trace=secrets.token_hex(16), span=secrets.token_hex(8)).traceparent
    )
