"""Reading what is in the topics already: for nobody's group, and without moving one."""

import time
from collections.abc import Iterator, Mapping
from typing import cast

from confluent_kafka import Consumer, KafkaError, TopicPartition

from kernel.errors import UnavailableError
from kernel.events.kafka.backlog import Message, Partition, partition_of
from kernel.events.kafka.client import configuration, prefixed

#: Messages at a time.
BATCH = 1_000
#: How long brokers may bring nothing before we give up.
SILENCE_SECONDS = 20.0


def messages_between(ranges: Mapping[Partition, tuple[int, int]]) -> Iterator[list[Message]]:
    """Return what is kept of partitions from one offset to before another, in batches.

    Raises UnavailableError when the brokers stop to answer.
    """
    left = {one: end for one, (start, end) in ranges.items() if start < end}
    if not left:
        return
    consumer = Consumer(
        configuration(
            # The client wants one, and asks no broker for it: we are assigned what we read.
            group_id=prefixed("septet.past"),
            enable_auto_commit=False,
            enable_auto_offset_store=False,
            enable_partition_eof=True,
            auto_offset_reset="earliest",
            queued_max_messages_kbytes=16_384,
        )
    )
    try:
        consumer.assign([TopicPartition(*one, ranges[one][0]) for one in left])
        last_heard = time.monotonic()
        while left:
            found = consumer.consume(BATCH, 0.1)
            if found:
                last_heard = time.monotonic()
            elif time.monotonic() - last_heard > SILENCE_SECONDS:
                raise UnavailableError(f"Kafka has brought nothing for {SILENCE_SECONDS:.0f} s")
            if wanted := _within(cast("list[Message]", found), left):
                yield wanted
    finally:
        consumer.close()


def first_messages(places: Mapping[Partition, int]) -> list[Message]:
    """Return the message at each of these places, where there is one."""
    found: dict[Partition, Message] = {}
    ranges = {one: (offset, offset + 1) for one, offset in places.items()}
    for some in messages_between(ranges):
        for message in some:
            found.setdefault(partition_of(message), message)
    return list(found.values())


def _within(found: list[Message], left: dict[Partition, int]) -> list[Message]:
    """Return those before the ends of their partitions; drops from `left` what has come to it."""
    wanted = []
    for message in found:
        one, error = partition_of(message), message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                left.pop(one, None)
            continue
        if message.offset() < left.get(one, 0):
            wanted.append(message)
        if message.offset() >= left.get(one, 0) - 1:
            left.pop(one, None)
    return wanted
