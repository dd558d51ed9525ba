"""Where partitions begin and end, how far a group has read them, and putting it elsewhere."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from kernel.errors import ConflictError, InvalidInputError, UnavailableError
from kernel.events.kafka.backlog import Partition
from kernel.events.kafka.client import REQUEST_SECONDS, configuration, prefixed
from kernel.events.transport import Place, Start

T = TypeVar("T")

#: How long somebody who looks at a page waits to learn that brokers do not answer, and for how long
#: nobody is made to wait for the same again.
FIRST_SECONDS = 3.0
SILENT_SECONDS = 5.0

#: How brokers refuse to move a group that has members.
_HAS_MEMBERS = {
    KafkaError.NON_EMPTY_GROUP,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.STALE_MEMBER_EPOCH,
    KafkaError.REBALANCE_IN_PROGRESS,
}


#: What brokers say that have just started, or give the group to another.
_SOON = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
}
_OLDEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # the client's own
_NEXT = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client's own


class Places:
    """Asks the brokers; every question raises UnavailableError when they do not answer."""

    def __init__(self) -> None:
        self._admin = AdminClient(configuration())
        self._silent: KafkaException | None = None
        self._silent_until = 0.0

    def partitions(self, topics: Collection[str]) -> list[Partition]:
        """Return the partitions of those of the topics that exist. What is asked first."""
        if self._silent is not None and time.monotonic() < self._silent_until:
            raise _unavailable(self._silent)
        try:
            found = self._admin.list_topics(timeout=FIRST_SECONDS).topics
        except KafkaException as error:
            self._silent, self._silent_until = error, time.monotonic() + SILENT_SECONDS
            raise _unavailable(error) from None
        self._silent = None
        known = sorted(set(topics) & found.keys())
        return [(name, number) for name in known for number in sorted(found[name].partitions)]

    def starts(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the offsets of the oldest messages that are kept."""
        return self._offsets(partitions, _OLDEST)

    def ends(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the offsets that the next messages will have."""
        return self._offsets(partitions, _NEXT)

    def at(self, partitions: Collection[Partition], time: datetime) -> dict[Partition, int]:
        """Return the offsets of the first messages that were handed over then or later."""
        spec = OffsetSpec.for_timestamp(round(time.timestamp() * 1000))
        found = self._offsets(partitions, spec)
        return found | self.ends([one for one, offset in found.items() if offset < 0])

    def read(self, group: str, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return where a group reads on: after what it has committed, or from the oldest."""
        try:
            with _of_group(group) as client:
                told = _soon(lambda: client.committed(_plain(partitions), timeout=REQUEST_SECONDS))
        except KafkaException as error:
            raise _unavailable(error) from None
        committed = {(one.topic, one.partition): one.offset for one in told}
        # What has been deleted meanwhile is not read by anybody.
        starts = self.starts(partitions)
        return {one: max(start, committed.get(one, start)) for one, start in starts.items()}

    def find(self, partitions: Collection[Partition], to: Start) -> dict[Partition, int]:
        """Return where a group reads on that begins there; raises InvalidInputError."""
        if isinstance(to, datetime):
            return self.at(partitions, to)
        if not isinstance(to, Place):
            return self.starts(partitions) if to == "beginning" else self.ends(partitions)
        one = (prefixed(to.topic), to.partition)
        if one not in partitions:
            raise InvalidInputError(f"the group does not read {to.topic}/{to.partition}")
        start, end = self.starts([one])[one], self.ends([one])[one]
        if not start <= to.offset <= end:
            raise InvalidInputError(f"offsets are from {start} to {end}, found {to.offset}")
        return {one: to.offset}

    def put(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """Let a group read on elsewhere; raises ConflictError while it has members."""
        places = [TopicPartition(*one, offset) for one, offset in offsets.items()]
        try:
            with _of_group(group) as client:
                _soon(lambda: client.commit(offsets=places, asynchronous=False))
        except KafkaException as error:
            if error.args[0].code() not in _HAS_MEMBERS:
                raise _unavailable(error) from None
            raise ConflictError(
                f"a process still reads for {group}; try again in a moment"
            ) from None

    def _offsets(self, partitions: Collection[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        if not partitions:
            return {}
        asked = dict.fromkeys(_plain(partitions), spec)
        futures = self._admin.list_offsets(asked, request_timeout=REQUEST_SECONDS)
        try:
            return {(at.topic, at.partition): _answer(f).offset for at, f in futures.items()}
        except KafkaException as error:
            raise _unavailable(error) from None


@contextmanager
def _of_group(group: str) -> Iterator[Consumer]:
    """Give a client that may ask and move the offsets of a group, and is no member of it.

    The client for administration may do so, too, but brings down the whole process when it asks a
    broker that has just started (librdkafka 2.16, github.com/confluentinc/librdkafka).
    """
    client = Consumer(configuration(group_id=prefixed(group), enable_auto_commit=False))
    try:
        yield client
    finally:
        client.close()


def _soon(ask: Callable[[], T]) -> T:
    """Ask again for a while when brokers say that they will soon know."""
    ends_at = time.monotonic() + REQUEST_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _SOON or time.monotonic() > ends_at:
                raise
            time.sleep(0.1)


def _plain(partitions: Collection[Partition]) -> list[TopicPartition]:
    return [TopicPartition(*one) for one in partitions]


def _answer(future: "Future[Any]") -> Any:
    # The request has a timeout of its own, which ends before this.
    return future.result(REQUEST_SECONDS * 2)


def _unavailable(error: KafkaException) -> UnavailableError:
    return UnavailableError(f"Kafka does not answer: {error.args[0]}")
