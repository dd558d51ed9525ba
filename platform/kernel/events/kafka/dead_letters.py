"""Dead letters, told on the topic `<group>.dlq` as well: for tools that look there.

The rows are the truth, and the only place from which one is replayed. A row that is a dead letter
is told at least once; so is one that became a dead letter again.
"""

import logging
import time
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from confluent_kafka import KafkaError, KafkaException, Producer

from kernel.events.kafka.client import REQUEST_SECONDS, configuration, prefixed
from kernel.events.kafka.topics import make_missing
from kernel.events.models import Redelivery, RedeliveryState

logger = logging.getLogger(__name__)

#: Dead letters that are told at a time.
BATCH = 100
#: How long nobody tries after brokers have refused some, or do not answer.
PAUSE_SECONDS = 60.0


class DeadLetters:
    """Tells of the dead letters of groups. Used by one thread."""

    def __init__(self) -> None:
        self._producer: Producer | None = None
        self._topics: set[str] = set()
        self._next = 0.0

    def tell(self, groups: Collection[str]) -> int:
        """Tell of a batch of them; return how many have arrived.

        A failure is logged and tried again later: nothing waits for a dead letter.
        """
        if not groups or time.monotonic() < self._next:
            return 0
        untold = Redelivery.objects.filter(state=RedeliveryState.DEAD, told=False, group__in=groups)
        rows = list(untold.order_by("id")[:BATCH])
        if not rows:
            return 0
        try:
            arrived = self._send(rows)
        except (KafkaException, BufferError) as error:
            logger.warning("dead letters are not told on Kafka yet: %s", error)
            arrived = []
        if len(arrived) < len(rows):
            self._next = time.monotonic() + PAUSE_SECONDS
            # Another one, for this one may have forgotten its brokers.
            self._producer = None
        Redelivery.objects.filter(pk__in=arrived).update(told=True)
        return len(arrived)

    def _send(self, rows: Collection[Redelivery]) -> list[int]:
        """Return the keys of the rows that have arrived."""
        if self._producer is None:
            self._producer = Producer(
                configuration(
                    enable_idempotence=True,
                    acks="all",
                    compression_type="lz4",
                    delivery_timeout_ms=int(REQUEST_SECONDS * 1000),
                    partitioner="murmur2_random",
                )
            )
        topics = {topic_of(row.group) for row in rows} - self._topics
        if topics:
            make_missing(topics)
            self._topics |= topics
        arrived: list[int] = []

        def told(key: int, error: KafkaError | None, _message: object) -> None:
            if error is None:
                arrived.append(key)
            else:
                logger.warning("dead letter %s is not told on Kafka yet: %s", key, error)

        for row in rows:
            self._producer.produce(
                topic_of(row.group),
                bytes(row.message) if row.message is not None else orjson.dumps(row.envelope),
                row.partition_key.encode(),
                headers=headers_of(row),
                on_delivery=partial(told, row.pk),
            )
        self._producer.flush(REQUEST_SECONDS * 2)
        return arrived


def topic_of(group: str) -> str:
    """Return the topic of a group's dead letters, as the cluster knows it."""
    return prefixed(f"{group}.dlq")


def headers_of(row: Redelivery) -> list[tuple[str, str | bytes | None]]:
    """Return where it came from and why it failed: Kafka Connect's headers, then our own."""
    told: dict[str, Any] = {
        "__connect.errors.topic": row.origin.get("topic"),
        "__connect.errors.partition": row.origin.get("partition"),
        "__connect.errors.offset": row.origin.get("offset"),
        "__connect.errors.connector.name": row.group,
        "__connect.errors.exception.class.name": row.error_class,
        "__connect.errors.exception.message": row.error_message,
        "septet.errors.timestamp": row.origin.get("timestamp"),
        "septet.errors.key": row.partition_key,
        "septet.errors.group": row.group,
        "septet.errors.code": row.error_code,
        "septet.errors.attempt": row.attempts,
        "septet.errors.first.failure": _shown(row.first_failed_at),
        "septet.errors.last.failure": _shown(row.last_failed_at),
        "traceparent": row.envelope.get("traceparent"),
    }
    if row.message is None:
        told["content-type"] = "application/cloudevents+json; charset=UTF-8"
    return [(name, str(value).encode()) for name, value in told.items() if value not in {None, ""}]


def _shown(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
