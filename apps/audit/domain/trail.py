"""From an event of the platform to an entry of the audit log."""

import json
from typing import Any

from apps.audit.domain.entries import MAX_TARGETS, Actor, Change, Entry, Target
from contracts.capture import RowsChanged
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.staff import StaffActed, StaffChanged

#: A field of this name tells what the field without it was before.
PREVIOUS = "previous_"


def entries_of(event: Event, envelope: Envelope) -> list[Entry]:
    """Return what an event tells: one entry, or one for each row of a captured model."""
    if isinstance(event, RowsChanged):
        rows = [json.loads(row) for row in event.rows]
        return [_entry_of_row(event, envelope, n, row) for n, row in enumerate(rows)]
    return [entry_of(event, envelope)]


def entry_of(event: Event, envelope: Envelope) -> Entry:
    """Return what an event tells, as an entry that can be recorded once only."""
    return Entry(
        action=_action(event),
        occurred_at=envelope.time,
        actor=_actor(envelope),
        targets=_targets(event),
        changes=tuple(_changes(envelope.data)),
        metadata={
            "event": _named(envelope),
            **{name: value for name, value in envelope.data.items() if value not in ("", [])},
        },
        idempotency_key=f"event:{envelope.id}",
    )


def _entry_of_row(
    event: RowsChanged, envelope: Envelope, number: int, row: dict[str, Any]
) -> Entry:
    # A key may be used again for another row: model, tenant and time belong to it.
    return Entry(
        action=f"{event.app}.{event.model.lower()}.{event.action}",
        occurred_at=envelope.time,
        actor=_actor(envelope),
        targets=(Target(type=event.model, id=row["id"], name=row["name"]),),
        changes=tuple(Change(**change) for change in row["changes"]),
        metadata={"event": _named(envelope), "model": f"{event.app}.{event.model}"},
        idempotency_key=f"event:{envelope.id}:{number}",
    )


def _actor(envelope: Envelope) -> Actor:
    return Actor(type=envelope.actor.type, id=envelope.actor.id, name=envelope.actor.name)


def _named(envelope: Envelope) -> dict[str, str]:
    trace_id = _trace_id(envelope.traceparent)
    return {"id": envelope.id, "type": envelope.type, "traceId": trace_id}


def _targets(event: Event) -> tuple[Target, ...]:
    if isinstance(event, StaffActed):
        return tuple(Target(type=event.model, id=one) for one in event.object_ids[:MAX_TARGETS])
    return (Target(type=event.entity, id=event.subject, name=event.label),)


def _action(event: Event) -> str:
    if isinstance(event, StaffActed):
        return f"staff.{event.model.lower()}.{event.action}"
    if isinstance(event, StaffChanged):
        return f"staff.{event.model.lower()}.{event.action}"
    return event.TYPE.rpartition(".")[0]


def _changes(data: dict[str, Any]) -> list[Change]:
    return [
        Change(field=name, before=data[PREVIOUS + name], after=value)
        for name, value in data.items()
        if PREVIOUS + name in data
    ]


def _trace_id(traceparent: str) -> str:
    # W3C Trace Context, section 3.2: version, trace id, parent id, flags.
    return traceparent.split("-")[1]
