"""Writing events into the outbox, in the transaction of what they tell of."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from contracts.codec import to_data
from contracts.envelope import Actor
from contracts.event import Event
from kernel import clock
from kernel.events.actors import current_actor
from kernel.events.models import OutboxEvent
from kernel.events.wake import notifier
from kernel.ids import new_id
from kernel.observability.context import current_ids
from kernel.tenancy.context import TenantRequiredError, current_tenant_id

#: The longest id of what an event happened to.
MOST_SUBJECT = 255

#: All columns but the position, which the database gives.
_FIELDS = [field for field in OutboxEvent._meta.concrete_fields if not field.primary_key]
_INSERT = "INSERT INTO {} ({}) VALUES ".format(  # noqa: S608  names of our own columns # nosec B608
    OutboxEvent._meta.db_table, ", ".join(f'"{field.column}"' for field in _FIELDS)
)


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
    trace = _traceparent()
    rows = [_row(event, tenant, done_by, trace) for event in events]
    _insert(rows)
    # An event that is not told of is found all the same, a little later.
    transaction.on_commit(notifier.tell, robust=True)
    return [row.event_id for row in rows]


def _row(event: Event, tenant: UUID | None, actor: Actor, traceparent: str) -> OutboxEvent:
    subject = event.subject
    if not subject or len(subject) > MOST_SUBJECT:
        raise ValueError(
            f"{event.TYPE}: {event.SUBJECT} has 1 to {MOST_SUBJECT} characters, found {subject!r}"
        )
    return OutboxEvent(
        event_id=new_id(),
        type=event.TYPE,
        tenant_id=tenant,
        subject=subject,
        # Order is kept for a key only, so the tenant is part of it: two never wait for each other.
        partition_key=f"{tenant or '-'}/{subject}",
        time=clock.now(),
        traceparent=traceparent,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        data=to_data(event),
    )


def _insert(rows: Sequence[OutboxEvent]) -> None:
    """Do what `bulk_create` does, for less: every write pays it."""
    values = [
        # Texts are stored as they are; to ask their fields costs more than the statement.
        value if type(value) is str else field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in ((field, getattr(row, field.attname)) for field in _FIELDS)
    ]
    one = f"({', '.join(['%s'] * len(_FIELDS))})"
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + ", ".join([one] * len(rows)), values)


def _tenant_here() -> UUID | None:
    try:
        return current_tenant_id()
    except TenantRequiredError:
        return None


def _traceparent() -> str:
    # A span of its own for whoever continues from here (W3C Trace Context, section 3.2).
    trace = current_ids().trace or secrets.token_hex(16)
    return f"00-{trace}-{secrets.token_hex(8)}-00"
