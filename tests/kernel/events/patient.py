"""Kafka for tests that ask once: it answers when there is nothing more to wait for."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from kernel.events.kafka.membership import topics_of
from kernel.events.kafka.places import Places
from kernel.events.kafka.subscription import KafkaSubscription
from kernel.events.kafka.transport import Kafka
from kernel.events.models import OutboxEvent, OutboxState
from kernel.events.registry import Group
from kernel.events.transport import Arrival

GIVE_UP_SECONDS = 60.0


def wait_until(happened: Callable[[], bool], *, seconds: float = GIVE_UP_SECONDS) -> None:
    """Return when it has; raises when that takes too long."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)


class PatientKafka(Kafka):
    """Hands over what waits, and is brought what is there, before it answers."""

    def relay(self, limit: int) -> int:
        moved = 0

        def done() -> bool:
            nonlocal moved
            moved = super(PatientKafka, self).relay(limit)
            return moved > 0 or not waiting.exists()

        waiting = OutboxEvent.objects.filter(state=OutboxState.WAITING)
        wait_until(done)
        return moved

    def subscribe(self, group: Group) -> "PatientSubscription":  # type: ignore[override]  # wrapped
        return PatientSubscription(group, super().subscribe(group), self._places)


@dataclass
class PatientSubscription:
    """Fetches until there are as many as may be, or everything has come."""

    group: Group
    inner: KafkaSubscription
    places: Places

    def fetch(self, limit: int) -> list[Arrival]:
        found: list[Arrival] = []

        def done() -> bool:
            found.extend(self.inner.fetch(limit - len(found)))
            return len(found) == limit or self._has_all()

        wait_until(done)
        return found

    def commit(self) -> None:
        self.inner.commit()

    def close(self) -> None:
        self.inner.close()

    def _has_all(self) -> bool:
        partitions = self.places.partitions(topics_of(self.group))
        read = self.places.read(self.group.name, partitions) | self.inner._fetched
        return read == self.places.ends(partitions)
