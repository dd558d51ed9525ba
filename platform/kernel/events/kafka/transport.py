"""The transport over Kafka: a topic for each entity, its partitions by the events' keys."""

import time

from django.db.models import Min, Q

from kernel.events.in_process import CHANGED_AT_ONCE
from kernel.events.kafka.reading import KafkaReading
from kernel.events.kafka.relay import KafkaRelay, NotDeliveredError
from kernel.events.models import ConsumerGroup, OutboxEvent, OutboxState

#: How long nothing is tried after a failure, however much is published.
PAUSE_SECONDS = 1.0


class Kafka(KafkaReading):
    """Events for every process that has the same brokers."""

    name = "kafka"
    #: Fewer cost more turns with the database, more are no faster.
    batch = 1_000

    def __init__(self) -> None:
        self._relay: KafkaRelay | None = None
        self._not_before = 0.0

    def take_over(self) -> None:
        """Let wait again what some group has not read of the log of this database.

        Groups that have read it are brought it once more, and pass it over.
        """
        read_by_all = ConsumerGroup.objects.aggregate(least=Min("committed_offset"))["least"] or 0
        unread = OutboxEvent.objects.filter(
            Q(state=OutboxState.LOCAL) | Q(state=OutboxState.SENT, offset__gt=read_by_all)
        )
        while some := list(unread.values_list("pk", flat=True)[:CHANGED_AT_ONCE]):
            OutboxEvent.objects.filter(pk__in=some).update(state=OutboxState.WAITING, offset=None)

    def relay(self, limit: int) -> int:
        """Send what waits, and return how many were acknowledged; see `KafkaRelay`."""
        if time.monotonic() < self._not_before:
            return 0
        if self._relay is None:
            self._relay = KafkaRelay()
        try:
            return self._relay.step(limit)
        except NotDeliveredError:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            raise

    def release(self, seconds: float) -> None:
        """Send nothing more: what is on its way has this long to arrive."""
        relay, self._relay = self._relay, None
        if relay is not None:
            relay.close(seconds)
