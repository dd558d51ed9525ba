"""What carries events in a world: the log of the database, or brokers on which nobody can rely."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch
from zlib import crc32

from confluent_kafka import KafkaError

from kernel.events.in_process import InProcess
from kernel.events.kafka import relay
from kernel.events.kafka.transport import Kafka
from kernel.events.message import read
from kernel.events.registry import Group
from kernel.events.transport import Arrival, Transport
from tests.faults.engine import Engine

PARTITIONS = 3
Told = Callable[[KafkaError | None, object], None]


class BrokerAwayError(Exception):
    """The broker does not answer."""


@contextmanager
def in_process(_engine: Engine) -> Iterator[Callable[[], Transport]]:
    """The log of the database."""
    yield lambda: InProcess(isolated=False)


@contextmanager
def kafka(engine: Engine) -> Iterator[Callable[[], Transport]]:
    """The platform's relay for Kafka and its messages, with brokers of this world."""
    broker = Broker(engine)
    with (
        patch.object(relay, "Producer", lambda _settings: Producer(broker)),
        patch.object(relay, "make_missing", lambda _topics: None),
    ):
        yield lambda: UnreliableKafka(broker)


@dataclass(frozen=True)
class Message:
    """What a producer has sent."""

    key: str
    content: str

    def value(self) -> str:
        """Return what it holds, as a message of Kafka does."""
        return self.content


@dataclass
class Broker:
    """Logs, and how far each group has read them."""

    engine: Engine
    logs: list[list[Message]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    committed: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * PARTITIONS)
    )
    #: Counted up when somebody joins: whoever was there before reads no more.
    generations: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def fails(self) -> bool:
        """Say whether a call goes wrong."""
        return self.engine.happens(self.engine.troubles.broker)

    def append(self, message: Message) -> None:
        """Keep a message."""
        self.logs[crc32(message.key.encode()) % PARTITIONS].append(message)


class Producer:
    """A client that sends in order and repeats without doubling, until its process ends."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._left: list[tuple[Message, Told]] = []
        self._arrived: list[Told] = []

    def produce(
        self, _topic: str, value: str, key: str, *, headers: object, on_delivery: Told
    ) -> None:
        """Take a message."""
        assert headers
        self._left.append((Message(key, value), on_delivery))

    def poll(self, seconds: float) -> int:
        """Send some of what is left, and hear of some of what has arrived."""
        engine = self._broker.engine
        engine.sleep(min(seconds, engine.chance.uniform(0, 0.05)))
        while self._left and not self._broker.fails():
            message, told = self._left.pop(0)
            self._broker.append(message)
            self._arrived.append(told)
        heard = 0
        while self._arrived and not self._broker.fails():
            self._arrived.pop(0)(None, None)
            heard += 1
        if self._left and engine.happens(engine.troubles.broker / 10):
            # The client gives up, and with this one all that follow it.
            self._left[0][1](KafkaError(KafkaError._MSG_TIMED_OUT), None)
            self.purge()
        return heard

    def flush(self, seconds: float) -> int:
        """Do so until nothing is left, or for as long; return how many are."""
        ends_at = self._broker.engine.seconds + seconds
        while len(self) and self._broker.engine.seconds < ends_at:
            self.poll(seconds)
        return len(self)

    def purge(self, *, in_flight: bool = True) -> None:
        """Forget what is left; some of it may be on its way, and nobody hears of that."""
        while self._left and not in_flight and self._broker.engine.chance.random() < 0.5:
            self._broker.append(self._left.pop(0)[0])
        self._left.clear()
        self._arrived.clear()

    def close(self) -> None:
        """Send nothing more."""
        self.purge()

    def __len__(self) -> int:
        return len(self._left) + len(self._arrived)


class UnreliableKafka(Kafka):
    """The transport over Kafka, with its own way to read."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self._broker = broker

    def subscribe(self, group: Group) -> Any:
        """Join a group; nobody else reads for it from now on."""
        return Member(self._broker, group.name)


class Member:
    """One that reads for a group, until another joins."""

    def __init__(self, broker: Broker, group: str) -> None:
        self._broker, self._group = broker, group
        broker.generations[group] += 1
        self._generation = broker.generations[group]
        self._fetched = list(broker.committed[group])

    def fetch(self, limit: int) -> list[Arrival]:
        """Return the next of each partition, mixed; now and then some that were committed long ago.

        Those of a partition, and so those of a key, are in their order.
        """
        self._ask()
        chance = self._broker.engine.chance
        if self._broker.engine.happens(self._broker.engine.troubles.broker / 4):
            # As after a change of members whose last commits were lost.
            partition = chance.randrange(PARTITIONS)
            self._fetched[partition] = chance.randint(0, self._fetched[partition])
        found: list[Arrival] = []
        ready = self._ready()
        while ready and len(found) < limit:
            partition = chance.choice(ready)
            message = self._broker.logs[partition][self._fetched[partition]]
            found.append(Arrival(read(message.value()), partial(dict, partition=partition)))
            self._fetched[partition] += 1
            ready = self._ready()
        return found

    def commit(self) -> None:
        """Remember how far it has come; the answer may be lost."""
        self._ask()
        committed = self._broker.committed[self._group]
        committed[:] = self._fetched
        self._ask()

    def close(self) -> None:
        """Leave."""

    def _ask(self) -> None:
        self._broker.engine.sleep(0.001)
        if self._broker.fails() or self._broker.generations[self._group] != self._generation:
            raise BrokerAwayError

    def _ready(self) -> list[int]:
        logs = self._broker.logs
        return [one for one in range(PARTITIONS) if self._fetched[one] < len(logs[one])]
