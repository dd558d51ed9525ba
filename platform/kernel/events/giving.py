"""Giving a group many events of the log by one statement: a replay may have a hundred thousand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from kernel.events.models import Redelivery, RedeliveryState, Replay
from kernel.events.transport import Arrival

# `bulk_create` does the same for four times as much; columns that are not named have a default.
_GIVE = (
    'INSERT INTO events_redelivery ("group", event_id, type, tenant_id, partition_key, envelope,'
    " origin, due_at, replay_id, again, state, attempts, error_class, error_code, error_message)"
    ' VALUES {} ON CONFLICT ("group", event_id) DO UPDATE SET state = excluded.state,'
    " due_at = excluded.due_at, attempts = excluded.attempts, replay_id = excluded.replay_id,"
    " again = excluded.again, settled_at = NULL"
)
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', 0, '', '', '')"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event as its row will have it, made ready outside of the transaction."""

    event_id: UUID
    type: str
    tenant_id: UUID | None
    partition_key: str
    envelope: str
    origin: str


def prepare(arrival: Arrival) -> Prepared:
    """Make an event ready to be given."""
    envelope = arrival.envelope
    return Prepared(
        event_id=UUID(envelope.id),
        type=envelope.type,
        tenant_id=UUID(envelope.tenant) if envelope.tenant else None,
        partition_key=envelope.partition_key,
        envelope=orjson.dumps(envelope.to_json()).decode(),
        origin=orjson.dumps(arrival.origin).decode(),
    )


def give(replay: Replay, events: Sequence[Prepared], due: Callable[[int], datetime]) -> int:
    """Give a replay's group those of the events that it is not given anyway; return how many.

    `due` says of the first, the second and so on when it is to be handled.
    """
    known = Redelivery.objects.filter(
        group=replay.group, event_id__in=[event.event_id for event in events]
    )
    # What waits is handled anyway; what was settled since has been given by this replay before.
    left_out = set(
        known.filter(
            Q(state=RedeliveryState.WAITING) | Q(settled_at__gte=replay.asked_at)
        ).values_list("event_id", flat=True)
    )
    # By id: one that the log has twice is given once, for a statement may not meet a row twice.
    given = {event.event_id: event for event in events if event.event_id not in left_out}
    if given:
        with connection.cursor() as cursor:
            cursor.execute(
                _GIVE.format(", ".join([_ROW] * len(given))),
                _values(replay, list(given.values()), due),
            )
    return len(given)


def _values(
    replay: Replay, events: Sequence[Prepared], due: Callable[[int], datetime]
) -> list[Any]:
    id_ = Redelivery._meta.get_field("event_id").get_db_prep_value
    time = Redelivery._meta.get_field("due_at").get_db_prep_value
    # Most are due at one time, and of few tenants.
    time_of = cache(lambda moment: time(moment, connection))
    tenant_of = cache(lambda tenant_id: id_(tenant_id, connection))
    replay_id = id_(replay.pk, connection)
    values: list[Any] = []
    for number, event in enumerate(events):
        values += (
            replay.group,
            id_(event.event_id, connection),
            event.type,
            tenant_of(event.tenant_id),
            event.partition_key,
            event.envelope,
            event.origin,
            time_of(due(number)),
            replay_id,
            replay.again,
        )
    return values
