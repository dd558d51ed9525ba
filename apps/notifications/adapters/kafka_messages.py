"""From a message on the topic of others to the event that the intake handles."""

import hashlib
from uuid import UUID, uuid5

import orjson

from apps.notifications.domain.intake import IntakeError, attribute
from contracts.codec import MalformedEventError, to_data
from contracts.envelope import Actor, Envelope
from contracts.notifications import TriggerSubmitted
from kernel.events.kafka.backlog import Message
from kernel.events.kafka.cloudevents import cloudevent_of, headers_of, key_of, time_of

SIGNATURE = "septet-signature"
#: A message is known by its source and id, which its producer makes unique together.
_MESSAGES = UUID("0f8e3c5a-6b1d-5c0a-8f3b-9a4d2e7c1b60")


def submitted(message: Message) -> Envelope:
    """Return what a message submits; raises MalformedEventError when it is no CloudEvent.

    Its id is of what it says as well: nobody who only knows another's names comes before that one.
    """
    told = cloudevent_of(message)
    try:
        source, message_id = attribute(told, "source"), attribute(told, "id")
    except IntakeError as error:
        raise MalformedEventError(str(error)) from None
    sha256 = hashlib.sha256(message.value() or b"").hexdigest()
    signature = headers_of(message).get(SIGNATURE, "")
    event = TriggerSubmitted(
        source=source,
        message_id=message_id[:255],
        message=orjson.dumps(told).decode(),
        sha256=sha256,
        signature=signature,
    )
    return Envelope.of(
        event.TYPE,
        event.message_id,
        id_=str(uuid5(_MESSAGES, "\n".join((source, message_id, sha256, signature)))),
        time=time_of(message),
        partition_key=key_of(message, source),
        actor=Actor(type="service_account", id=source),
        data=to_data(event),
    )
