"""What tests see of a topic."""

import time

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from contracts.envelope import Envelope
from kernel.events.kafka.client import configuration, prefixed
from kernel.events.message import read
from tests.kernel.events.factories import Seen


def messages(
    count: int, *, seconds: float = 60, then: float = 0.3
) -> list[confluent_kafka.Message]:
    """Return what is in the topic of the tests: so many messages, and more if there are."""
    topic = prefixed("tests.thing")
    # Without a group's coordination, which takes seconds more after a broker was away.
    consumer = confluent_kafka.Consumer(configuration(group_id=prefixed("look")))
    try:
        partitions = consumer.list_topics(topic, timeout=seconds).topics[topic].partitions
        consumer.assign(
            [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions]
        )
        found: list[confluent_kafka.Message] = []
        ends_at = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < ends_at:
            found += consumer.consume(count, timeout=1)
        return found + consumer.consume(10_000, timeout=then)
    finally:
        consumer.close()


def arrived(count: int) -> list[Envelope]:
    """Return the events in the topic of the tests, as often as they are there."""
    return [read(message.value() or b"") for message in messages(count)]


def first_seen(count: int) -> dict[str, list[int]]:
    """Return the steps of each thing, as who passes over what he knows has them."""
    steps: dict[str, list[int]] = {}
    known: set[Seen] = set()
    for envelope in arrived(count):
        seen = (envelope.data["thing"], envelope.data["step"])
        if seen not in known:
            known.add(seen)
            steps.setdefault(seen[0], []).append(seen[1])
    return steps
