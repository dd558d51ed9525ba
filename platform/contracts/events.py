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
    #: Somebody ended it before all were given; the count is what remains given.
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettersDiscarded(Event):
    """Events that could not be handled were given up for a consumer group."""

    TYPE: ClassVar[str] = "events.group.discarded.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPaused(Event):
    """A consumer group handles nothing, until it is resumed."""

    TYPE: ClassVar[str] = "events.group.paused.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResumed(Event):
    """A consumer group that was paused goes on where it was."""

    TYPE: ClassVar[str] = "events.group.resumed.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetsReset(Event):
    """A consumer group reads on from another place of the log."""

    TYPE: ClassVar[str] = "events.group.offsets_reset.v1"
    ENTITY: ClassVar[str] = "ConsumerGroup"
    SUBJECT: ClassVar[str] = "group"
    LABEL: ClassVar[str] = "group"

    group: str
    #: `beginning`, `end`, `time`, or an offset as topic/partition/offset.
    place: str
    #: The time, where the place is one.
    time: datetime | None = None
    #: Events that it is brought once more, and those that it is not brought at all.
    again: int
    left_out: int
