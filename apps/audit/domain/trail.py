"""From an event of the platform to an entry of the audit log."""

from typing import Any

from apps.audit.domain.entries import MAX_TARGETS, Actor, Change, Entry, Target
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.staff import StaffActed, StaffChanged

#: A field of this name tells what the field without it was before.
PREVIOUS = "previous_"


def entry_of(event: Event, envelope: Envelope) -> Entry:
    """Return what an event tells, as an entry that can be recorded once only."""
    return Entry(
        action=_action(event),
        occurred_at=envelope.time,
        actor=Actor(type=envelope.actor.type, id=envelope.actor.id, name=envelope.actor.name),
        targets=_targets(event),
        changes=tuple(_changes(envelope.data)),
        metadata={
            "event": {
                "id": envelope.id,
                "type": envelope.type,
                "traceId": _trace_id(envelope.traceparent),
            },
            **{name: value for name, value in envelope.data.items() if value not in ("", [])},
        },
        idempotency_key=f"event:{envelope.id}",
    )


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
