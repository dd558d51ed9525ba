"""From the outbox to Kafka: several batches on their way, each removed when all of it has arrived.

What one session of a producer brings of a key is in the order of the outbox and without gaps, and
begins no later than with the first that is not known to have arrived. So an event may arrive twice,
but none is left out, and to who passes over what he has seen, each key is in order. That holds even
of two sessions at a time: of a relay that has lost its lock, and does not know it yet.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from django.db import connection

from contracts.event import topic_of
from kernel.events.kafka.client import Brokers, configuration, prefixed
from kernel.events.kafka.topics import make_missing
from kernel.faults import fault_point

logger = logging.getLogger(__name__)

#: Batches on their way at a time: one is read while one is sent and one is acknowledged.
DEPTH = 3
#: How long one step waits for acknowledgements; they may also come in a later one.
ACK_SECONDS = 1.0

#: CloudEvents Kafka protocol binding 1.0.2, section 3.3.1.
HEADERS: list[tuple[str, str | bytes | None]] = [
    ("content-type", b"application/cloudevents+json; charset=UTF-8")
]

_AMONG = {
    "postgresql": "position = ANY(%s::bigint[])",
    "sqlite": "position IN (SELECT value FROM json_each(%s))",
}
_WAITING = """
    SELECT position, type, partition_key, message FROM events_outboxevent
    WHERE state = 'waiting' AND NOT {among} ORDER BY position LIMIT %s
"""
_REMOVE = "DELETE FROM events_outboxevent WHERE {among}"


#: librdkafka's fatal errors are raised in the middle of what batches are told, and that is what
#: Python calls a SystemError.
_LIBRARY = (KafkaException, SystemError)


class NotDeliveredError(RuntimeError):
    """A broker has refused an event, or librdkafka has given it up; those after it wait."""


#: Position, type, key, and the message as it is sent.
Row: TypeAlias = tuple[int, str, str, str]


@dataclass(slots=True)
class Batch:
    """Events that were sent together, and how many of them are not acknowledged yet."""

    positions: list[int]
    left: int
    error: str = ""

    def told(self, error: KafkaError | None, message: Message) -> None:
        """Hear what became of one of them."""
        if error is None:
            self.left -= 1
        elif not self.error:
            self.error = f"{message.topic()}: {error.str()}"


class KafkaRelay:
    """One session of a producer. Used by one thread, that of the active relay."""

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        #: Of each type of event, the topic, which is there.
        self._topics: dict[str, str] = {}
        self._drained = False
        self._brokers = Brokers()
        read_in_order()
        self._producer = Producer(
            self._brokers.configuration()
            | configuration(
                enable_idempotence=True,
                acks="all",
                # Nothing may follow what could not be sent. What a broker refuses ends the session,
                # and nothing times out, for what times out is followed: it waits for its broker,
                # and we wait for it no longer than told.
                enable_gapless_guarantee=True,
                message_timeout_ms=0,
                compression_type="lz4",
                linger_ms=5,
                # As Java's clients do it, so that a key has one partition whoever sends.
                partitioner="murmur2_random",
                # A topic that is gone for so long is made again by the next session.
                topic_metadata_propagation_max_ms=5_000,
            )
        )

    def step(self, limit: int) -> int:
        """Send what waits, and wait a little; return how many were acknowledged, and removed.

        Raises NotDeliveredError: then this session is over.
        """
        try:
            self._send(limit)
            if self._batches:
                self._wait()
            self._brokers.check()
            return self._remove()
        except _LIBRARY as error:
            raise NotDeliveredError(str(error.__cause__ or error)) from error

    def close(self, seconds: float) -> None:
        """Wait for what is on its way, remove what has arrived, and send no more."""
        # A session that has failed says so once more, and is over all the same.
        with suppress(NotDeliveredError, *_LIBRARY):
            if self._batches and seconds:
                self._producer.flush(seconds)
                self._remove()
        self._batches.clear()
        # What has gone to a broker may arrive; what has not, never will.
        self._producer.purge(in_flight=False)

    def _send(self, limit: int) -> None:
        """Fill the pipe, or send all there is."""
        self._drained = False
        while len(self._batches) < DEPTH and not self._drained:
            on_their_way = [position for batch in self._batches for position in batch.positions]
            rows = waiting(limit, on_their_way)
            self._drained = len(rows) < limit
            if rows:
                fault_point("relay.read")
                self._send_batch(rows)
                fault_point("relay.sent")

    def _send_batch(self, rows: Sequence[Row]) -> None:
        self._know({type_ for _, type_, _, _ in rows})
        batch = Batch([position for position, _, _, _ in rows], len(rows))
        self._batches.append(batch)
        produce, topics, told = self._producer.produce, self._topics, batch.told
        for _, type_, key, message in rows:
            produce(topics[type_], message, key, headers=HEADERS, on_delivery=told)
        self._producer.poll(0)

    def _know(self, types: set[str]) -> None:
        """Let the topics of these types be there, each looked for once in a session."""
        unknown = {type_: prefixed(topic_of(type_)) for type_ in types - self._topics.keys()}
        if not unknown:
            return
        try:
            made = make_missing(set(unknown.values()))
        except KafkaException as error:
            names = ", ".join(sorted(set(unknown.values())))
            raise NotDeliveredError(
                f"{names} are not known to be there: {error.args[0].str()}; see `manage.py topics`"
            ) from error
        if made:
            logger.info("made the topics %s", ", ".join(made))
        self._topics |= unknown

    def _wait(self) -> None:
        """Wait for the oldest batch; for all, when there is nothing to send meanwhile."""
        if self._drained:
            # Lingering is for what may follow, and nothing does.
            self._producer.flush(ACK_SECONDS)
            return
        oldest, ends_at = self._batches[0], time.monotonic() + ACK_SECONDS
        while oldest.left and not oldest.error and (left := ends_at - time.monotonic()) > 0:
            self._producer.poll(left)

    def _remove(self) -> int:
        """Remove batches that have arrived, the oldest first."""
        arrived: list[int] = []
        while self._batches and not self._batches[0].left:
            arrived += self._batches.popleft().positions
        if arrived:
            fault_point("relay.acknowledged")
            remove(arrived)
            fault_point("relay.removed")
        for error in (batch.error for batch in self._batches if batch.error):
            raise NotDeliveredError(error)
        return len(arrived)


def waiting(limit: int, on_their_way: Sequence[int]) -> list[Row]:
    """Return the oldest events that wait, but for those that are on their way.

    One statement sees all of them, whatever their positions: what is committed late has a low one.
    If it were passed over, what follows it in its key would be sent before it.
    """
    with connection.cursor() as cursor:
        cursor.execute(waiting_statement(connection.vendor), [_array(on_their_way), limit])
        rows: list[Row] = cursor.fetchall()
        return rows


def remove(positions: Sequence[int]) -> None:
    """Delete events, by exactly these positions: one between them may be of who commits late."""
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE.format(among=_AMONG[connection.vendor]), [_array(positions)])


@cache
def waiting_statement(vendor: str) -> str:
    """Return the statement of `waiting`; its parameters are the positions left out and a limit."""
    return _WAITING.format(among=_AMONG[vendor])


def _array(positions: Sequence[int]) -> str:
    text = ",".join(map(str, positions))
    return f"[{text}]" if connection.vendor == "sqlite" else f"{{{text}}}"


def read_in_order() -> None:
    """Let PostgreSQL read the queue by its index, on the connection of this session.

    Nobody can count a queue that grows and shrinks, so it may seem best to sort all of it for the
    first few: 20 ms for 40,000 instead of 1.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_sort = off")
