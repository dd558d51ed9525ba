"""From a message to an event for the inbox, or to a dead letter at once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from django.conf import settings

from contracts.codec import MalformedEventError
from contracts.envelope import Envelope, UnknownEventTypeError
from contracts.event import REGISTRY
from kernel.events.foreign import reader_of
from kernel.events.inbox import deliver, keep, redelivery
from kernel.events.kafka.backlog import Message
from kernel.events.message import has_nul
from kernel.events.message import read as read_any
from kernel.events.models import Redelivery
from kernel.events.registry import Group
from kernel.events.transport import Arrival

#: The largest message that is read; an event of ours is much smaller.
MOST_BYTES = 1_000_000
#: How much is kept of a message that is none of ours.
KEPT_BYTES = 64 * 1024
#: Its place in the log is all that tells one such message from another.
_PLACES = UUID("8d0b36c2-9a51-5e0c-a1b5-5d2f1a3f6c11")
#: Makes an event of a message of a topic that is none of ours.
Reader: TypeAlias = Callable[[Any], Envelope]
#: The longest texts that the table of redeliveries has room for.
MOST_TYPE, MOST_KEY = 100, 300


def receive(group: Group, messages: Sequence[Message]) -> None:
    """Let a group handle messages of its topics; when it returns all are in good hands.

    Types that it has no handler for are passed over, and so are tombstones.
    """
    deliver(group, arrivals_of(group, messages))


def arrivals_of(group: Group, messages: Sequence[Message]) -> list[Arrival]:
    """Return the events that a group handles; what is no event of ours becomes a dead letter."""
    handlers, arrivals = group.handlers, []
    topic, reader = "", None
    for message in messages:
        if message.value() is None:
            continue
        if message.topic() != topic:
            topic = message.topic()
            reader = _reader_of(topic)
        try:
            envelope = _read(message, reader)
        except MalformedEventError as error:
            keep(group, _dead_letter(group, message), error)
            continue
        if envelope.type in handlers:
            arrivals.append(Arrival(envelope, partial(origin_of, message)))
        elif envelope.type not in REGISTRY:
            # Perhaps of a later release, which will have a handler: nothing of it may be lost.
            unknown = UnknownEventTypeError(f"no event type {envelope.type} is known here")
            arrival = Arrival(envelope, partial(origin_of, message))
            keep(group, redelivery(group, arrival), unknown)
    return arrivals


def read(message: Message) -> Envelope:
    """Return the event of a message; raises MalformedEventError."""
    return _read(message, _reader_of(message.topic()))


def _reader_of(topic: str) -> Reader | None:
    return reader_of(topic.removeprefix(settings.KAFKA_PREFIX))


def _read(message: Message, reader: Reader | None) -> Envelope:
    value = message.value() or b""
    if len(value) > MOST_BYTES:
        raise MalformedEventError(f"{len(value):,} bytes, which is more than {MOST_BYTES:,}")
    if has_nul(value):
        raise MalformedEventError("a NUL character, which PostgreSQL does not keep")
    envelope = reader(message) if reader else read_any(value)
    if len(envelope.type) > MOST_TYPE or len(envelope.partition_key) > MOST_KEY:
        raise MalformedEventError(f"a type is no longer than {MOST_TYPE}, a key than {MOST_KEY}")
    return envelope


def origin_of(message: Message) -> dict[str, Any]:
    """Return where a message is from, for people."""
    return {
        "topic": message.topic().removeprefix(settings.KAFKA_PREFIX),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
    }


def _dead_letter(group: Group, message: Message) -> Redelivery:
    """Return the row of a message that is no event of ours: its bytes, and where it is from."""
    value, origin = message.value() or b"", origin_of(message) | {"size_bytes": len(message)}
    key = (message.key() or b"").decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Redelivery(
        group=group.name,
        event_id=uuid5(_PLACES, f"{message.topic()}/{message.partition()}/{message.offset()}"),
        partition_key=key[:MOST_KEY],
        envelope={},
        origin=origin,
        message=value[:KEPT_BYTES],
    )
