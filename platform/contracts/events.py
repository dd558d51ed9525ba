"""What happens to events themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsReplayed(Event):
    """Events were given to a consumer group once more."""

    TYPE: ClassVar[str] = "events.group.replayed.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str
    count: int
    #: The range of time they were of; none for chosen dead letters.
    since: datetime | None = None
    until: datetime | None = None
    #: Also to handlers that have handled them before.
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettersDiscarded(Event):
    """Events that could not be handled were given up for a consumer group."""

    TYPE: ClassVar[str] = "events.group.discarded.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str
    count: int
