"""Messages to a topic of others: an app gives some, and hears whether brokers have them all."""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer
from django.conf import settings

from kernel.events.kafka.client import configuration, prefixed
from kernel.events.kafka.relay import HEADERS

#: How long brokers have for a message.
DELIVERY_SECONDS = 20


class NotTakenError(RuntimeError):
    """Brokers do not have all of the messages; some of them may have arrived."""


class CloudEvent(NamedTuple):
    """A message in the structured mode of CloudEvents; those of a key stay in order."""

    key: str
    value: bytes


def send(topic: str, events: Sequence[CloudEvent]) -> None:
    """Send events to a topic that is there, and wait until all brokers in sync have them.

    Raises NotTakenError: then all of them are to be sent again, and none that come after them.
    """
    name, left, refused = prefixed(topic), len(events), ""

    def told(error: KafkaError | None, _message: object) -> None:
        nonlocal left, refused
        if error is None:
            left -= 1
        else:
            refused = refused or error.str()

    try:
        producer = _producer(os.getpid(), settings.KAFKA_BOOTSTRAP_SERVERS)
        for key, value in events:
            producer.produce(name, value, key, headers=HEADERS, on_delivery=told)
        producer.flush(DELIVERY_SECONDS + 1)
    # librdkafka's fatal errors are raised amid what is told, which Python calls a SystemError.
    except (KafkaException, BufferError, SystemError) as error:
        refused = str(error.__cause__ or error)
    if left:
        # What this session still has must not come after what the next one sends.
        _producer.cache_clear()
        why = refused or "no answer in time"
        raise NotTakenError(f"{left} of {len(events)} messages for {name} are not taken: {why}")


@lru_cache(maxsize=1)
def _producer(_process: int, _servers: tuple[str, ...]) -> Producer:
    # It keeps its connections, which no fork may share.
    return Producer(
        configuration(
            enable_idempotence=True,
            acks="all",
            compression_type="lz4",
            linger_ms=5,
            delivery_timeout_ms=DELIVERY_SECONDS * 1000,
            # As Java's clients do it, so that a key has one partition whoever sends.
            partitioner="murmur2_random",
            # A topic that is not there is not waited for longer.
            topic_metadata_propagation_max_ms=5_000,
        )
    )
