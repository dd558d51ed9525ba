"""The port through which events travel from the outbox to groups.

Whatever the transport, what arrives goes through the same `inbox`, with the same retries and dead
letters; a transport only has to lose nothing and to keep the order of each key. Every one of them
passes `tests/kernel/events/test_conformance.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contracts.envelope import Envelope
from kernel.events.registry import Group


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as a transport brought it, and where it came from."""

    envelope: Envelope
    #: Topic, partition, offset: for people who look into a dead letter.
    origin: dict[str, Any] = field(default_factory=dict)


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

    def subscribe(self, group: Group) -> Subscription:
        """Begin to read for a group, after what it committed last."""

    def history(
        self, group: Group, since: datetime, until: datetime
    ) -> Iterator[Sequence[Arrival]]:
        """Return what the group has been brought already of that time, in order, in batches.

        From `since` on and before `until`, by the events' own time; of types that it handles.
        """

    def lag(self, group: str, types: Sequence[str]) -> "Lag":
        """Return how far a group is behind, of the events that it handles."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind a group is."""

    events: int
    #: How long the oldest of them has waited.
    seconds: float
