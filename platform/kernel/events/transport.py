"""The port through which events travel from the outbox to groups.

Whatever the transport, what arrives goes through the same `inbox`, with the same retries and dead
letters; a transport only has to lose nothing and to keep the order of each key. Every one of them
passes `tests/kernel/events/test_conformance.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from contracts.envelope import Envelope
from kernel.events.loops import Looped
from kernel.events.registry import Group

#: Events that are counted one by one; beyond, it is "at least".
MOST_COUNTED = 100_000


@dataclass(slots=True)
class Arrival:
    """An event as a transport brought it, and where it came from."""

    envelope: Envelope
    #: Seldom asked, and not made before.
    tell_origin: Callable[[], dict[str, Any]] = dict

    @property
    def origin(self) -> dict[str, Any]:
        """Topic, partition, offset: for people who look into a dead letter."""
        return self.tell_origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An offset in a partition of a topic; in process there is one log, which is partition 0."""

    topic: str
    partition: int = 0
    offset: int


#: Where a group begins to read: a time is that of the events themselves.
Start: TypeAlias = Literal["beginning", "end"] | datetime | Place


@dataclass(frozen=True, slots=True)
class Move:
    """What comes of a group's beginning elsewhere."""

    #: Events that it is brought once more: those that it has handled change nothing.
    again: int
    #: Events that it has not been brought, and will not be.
    left_out: int


class Subscription(Protocol):
    """What one group reads. Used by one thread at a time, the holder of the group's lease."""

    def fetch(self, limit: int) -> Sequence[Arrival]:
        """Return the next events after those fetched before, without waiting for any.

        What was fetched and not committed is fetched again by the next subscription.
        """

    def commit(self) -> None:
        """Remember that everything fetched so far is in good hands: handled, or kept in a table."""

    def close(self) -> None:
        """Let another process read in our place."""


class Transport(Protocol):
    """Carries events at least once, in the order of each key."""

    #: What readiness says of it.
    name: str
    #: Events that it hands over at a time at best.
    batch: int

    def take_over(self) -> None:
        """Prepare the outbox for this transport; called by a relay when it becomes the active one.

        What another transport has brought to a part of the groups only is brought to all.
        """

    def relay(self, limit: int) -> int:
        """Hand over the oldest events that wait, and return how many were acknowledged.

        Called by the one active relay. It writes in short transactions and talks to nobody in
        them. An event with an earlier position may become visible later, when its transaction
        commits: so it asks for what waits, never for what comes after the last it has seen.
        A remote transport has several batches on their way at once, those of a key in order.
        """

    def release(self, seconds: float) -> None:
        """Hand over nothing more, for another relay may: called when ours is no longer the one.

        What is on its way has this long to be acknowledged; the rest will be sent again.
        """

    def consumers(self, groups: Sequence[Group], threads: int) -> dict[str, Callable[[], Looped]]:
        """Return what threads of this process do to read and handle for groups, by their names.

        `threads` is how many may handle events at the same time.
        """

    def subscribe(self, group: Group) -> Subscription:
        """Begin to read for a group, after what it committed last."""

    def history(
        self, group: Group, since: datetime, until: datetime
    ) -> Iterator[Sequence[Arrival]]:
        """Return what the group has been brought already of that time, in order, in batches.

        From `since` on and before `until`, by the events' own time; of types that it handles.
        """

    def history_between(self, group: Group, first: Place, end: int) -> Iterator[Sequence[Arrival]]:
        """Return the same of one partition of a topic, from the first place to before an offset."""

    def distance(self, group: Group, to: Start) -> Move:
        """Return what `reset_offsets` would come to; beyond 100,000 it counts no further."""

    def reset_offsets(self, group: Group, to: Start) -> None:
        """Let the next subscription of a group begin elsewhere.

        Raises ConflictError while somebody reads for it, InvalidInputError for a place that is not
        there.
        """

    def lag(self, group: str, types: Sequence[str]) -> "Lag":
        """Return how far a group is behind, of the events that it handles."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind a group is."""

    events: int
    #: How long the oldest of them has waited.
    seconds: float
