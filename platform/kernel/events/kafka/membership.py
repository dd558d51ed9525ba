"""One of those who read for a group: the partitions it is given, and what it has committed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from django.conf import settings

from kernel.events.foreign import topic_of
from kernel.events.kafka.backlog import Message, Partition
from kernel.events.kafka.client import Brokers, configuration, prefixed
from kernel.events.kafka.topics import make_missing
from kernel.events.registry import Group

logger = logging.getLogger(__name__)

#: How long a member may be silent that is not asked any more; after it, others get its partitions.
MAX_POLL_SECONDS = 300
#: When others get the partitions of a member that was killed, where we decide it.
SESSION_SECONDS = 10
#: How much a client fetches before anybody asks for it, for each group.
AHEAD_KILOBYTES = 16_384

#: The client refuses these of a group whose broker decides them (KIP-848).
_CLASSIC = {
    "partition_assignment_strategy": "cooperative-sticky",
    "session_timeout_ms": SESSION_SECONDS * 1_000,
    "heartbeat_interval_ms": 3_000,
    # A topic that is made later is found by looking; otherwise the broker tells.
    "topic_metadata_refresh_interval_ms": 10_000,
}

#: Given partitions that are taken away, ends what is in hand, and returns where to read on.
Leave = Callable[[Sequence[Partition]], Mapping[Partition, int]]


class Membership:
    """A member of the group of the same name in the cluster. Used by one thread.

    What is stored is committed within a second, and when a partition is taken away or we leave; for
    a partition that was lost, to others who have it already, nothing is.
    """

    def __init__(self, group: Group, leave: Leave) -> None:
        self._leave = leave
        self._paused: list[TopicPartition] = []
        self._brokers = Brokers()
        topics = topics_of(group)
        try:
            make_missing(topics)
        except KafkaException as error:
            logger.warning("topics of %s may be missing: %s", group.name, error)
        self._consumer = Consumer(group_configuration(group.name) | self._brokers.configuration())
        self._consumer.subscribe(topics, on_revoke=self._revoked, on_lost=self._lost)

    def read(self, limit: int, seconds: float) -> list[Message]:
        """Return what has come, or wait for something; raises KafkaException when all is over.

        All is over, too, when the client has forgotten its brokers: it asks nobody any more.
        """
        found = self._consumer.consume(limit, 0)
        if not found and (first := self._consumer.poll(seconds)):
            found = [first]
        self._brokers.check()
        good = [message for message in found if message.error() is None]
        if len(good) < len(found):
            for message in found:
                _tell(message.error())
        # Without an error, a message has a topic, a partition and an offset.
        return cast("list[Message]", good)

    def store(self, ends: Mapping[Partition, int]) -> None:
        """Let it be committed soon that all before these offsets is in good hands."""
        for (topic, partition), offset in ends.items():
            try:
                self._consumer.store_offsets(offsets=[TopicPartition(topic, partition, offset)])
            except KafkaException as error:
                # Ours no more: whoever has it now handles that again, and passes it over.
                logger.info("%s/%s is not ours to commit: %s", topic, partition, error)

    def commit(self, ends: Mapping[Partition, int]) -> None:
        """Commit this now."""
        offsets = [TopicPartition(*partition, offset) for partition, offset in ends.items()]
        if offsets:
            self._consumer.commit(offsets=offsets, asynchronous=False)

    def pause(self) -> None:
        """Let nothing more come until `resume`, and remain a member."""
        ours = self._consumer.assignment()
        self._consumer.pause(ours)
        self._paused = ours

    def resume(self) -> None:
        """Let come what was held up."""
        if self._paused:
            ours = {(one.topic, one.partition) for one in self._consumer.assignment()}
            self._consumer.resume([p for p in self._paused if (p.topic, p.partition) in ours])
            self._paused = []

    def close(self) -> None:
        """Leave, so that others get our partitions at once."""
        self._consumer.close()

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Stored, too: the client commits what is stored once more, and that would lead back.
        ends = self._leave([(one.topic, one.partition) for one in partitions])
        self.store(ends)
        try:
            self.commit(ends)
        except KafkaException as error:
            logger.warning("what was done is not committed, and comes again: %s", error)

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._leave([(one.topic, one.partition) for one in partitions])


def topics_of(group: Group) -> list[str]:
    """Return the topics of what a group handles, as the cluster knows them."""
    return sorted({prefixed(topic_of(type_)) for type_ in group.handlers})


def group_configuration(name: str) -> dict[str, Any]:
    """Return the configuration of a member of a group, by the settings."""
    new = settings.KAFKA_OFFSET_RESET.get(name, "beginning")
    told: dict[str, Any] = {
        "group_id": prefixed(name),
        "group_protocol": settings.KAFKA_GROUP_PROTOCOL,
        "auto_offset_reset": {"beginning": "earliest", "end": "latest"}[new],
        # What is handled is stored by us, and committed from there.
        "enable_auto_offset_store": False,
        "auto_commit_interval_ms": 1_000,
        "max_poll_interval_ms": MAX_POLL_SECONDS * 1_000,
        "queued_max_messages_kbytes": AHEAD_KILOBYTES,
    }
    if settings.KAFKA_GROUP_PROTOCOL == "classic":
        told |= _CLASSIC
    if settings.KAFKA_INSTANCE_ID:
        told["group_instance_id"] = settings.KAFKA_INSTANCE_ID
    return configuration(**told)


def _tell(error: KafkaError | None) -> None:
    """Log an error that passes; raises for one that ends the membership.

    Such is a name (`KAFKA_INSTANCE_ID`) that another member has: until its session is over.
    """
    if error is None:
        return
    if error.code() == KafkaError._FATAL or error.fatal():
        raise KafkaException(error)
    logger.warning("%s: %s", error.name(), error.str())
