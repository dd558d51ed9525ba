"""Topics that services of others write, and who makes events of ours of what is there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.envelope import Envelope
from contracts.event import Event
from contracts.event import topic_of as own_topic_of


@dataclass(frozen=True, slots=True)
class Foreign:
    """A topic whose messages are none of ours; `read` makes an event of one.

    It raises MalformedEventError for a message of which none can be made. The id that it gives is
    the same whenever it reads the same again: by that the inbox passes over what it knows.
    """

    topic: str
    read: Callable[[Any], Envelope]


#: By the type of the events that are made of the messages.
FOREIGN: dict[str, Foreign] = {}


def reads_topic(topic: str, event: type[Event], read: Callable[[Any], Envelope]) -> None:
    """Let the groups that handle an event be given the messages of this topic, made into it."""
    FOREIGN[event.TYPE] = Foreign(topic, read)


def topic_of(type_: str) -> str:
    """Return the topic in which events of a type arrive."""
    foreign = FOREIGN.get(type_)
    return foreign.topic if foreign else own_topic_of(type_)


def reader_of(topic: str) -> Callable[[Any], Envelope] | None:
    """Return what reads the messages of a topic, if they are none of ours."""
    return next((one.read for one in FOREIGN.values() if one.topic == topic), None)
