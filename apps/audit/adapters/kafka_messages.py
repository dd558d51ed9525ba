"""From a message on the topic of others to the event that the intake handles."""

import hashlib
from uuid import UUID, uuid5

import orjson

from apps.audit.domain.cloudevents import attribute
from apps.audit.domain.entries import EntryError
from contracts.audit import AuditEntrySubmitted
from contracts.codec import MalformedEventError, to_data
from contracts.envelope import Actor, Envelope
from kernel.events.kafka.backlog import Message
from kernel.events.kafka.cloudevents import cloudevent_of, headers_of, key_of, time_of

SIGNATURE = "septet-signature"
#: An event is known by its source and id, which its producer makes unique together.
_EVENTS = UUID("5d5a1df2-3c3c-5d0f-9a35-8f6b1d3f52a4")


def submitted(message: Message) -> Envelope:
    """Return what a message submits; raises MalformedEventError when it is no CloudEvent."""
    told = cloudevent_of(message)
    try:
        source, event_id = attribute(told, "source"), attribute(told, "id")
    except EntryError as error:
        raise MalformedEventError(str(error)) from None
    event = AuditEntrySubmitted(
        source=source,
        event_id=event_id,
        event=orjson.dumps(told).decode(),
        sha256=hashlib.sha256(message.value() or b"").hexdigest(),
        signature=headers_of(message).get(SIGNATURE, ""),
    )
    return Envelope.of(
        event.TYPE,
        event_id,
        id_=str(uuid5(_EVENTS, f"{source}\n{event_id}")),
        time=time_of(message),
        partition_key=key_of(message, source),
        actor=Actor(type="service_account", id=source),
        data=to_data(event),
    )
