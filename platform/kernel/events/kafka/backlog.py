"""What has come for one group and is not handled yet: by key, and by the offsets of partitions."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from threading import Condition
from typing import Protocol, TypeAlias

from confluent_kafka import KafkaError

#: A topic as the cluster knows it, and the number of a partition.
Partition: TypeAlias = tuple[str, int]


class Message(Protocol):
    """What there is to know of a message that has come (`confluent_kafka.Message`)."""

    def topic(self) -> str: ...
    def partition(self) -> int: ...
    def offset(self) -> int: ...
    def timestamp(self) -> tuple[int, int]: ...
    def key(self) -> bytes | None: ...
    def value(self) -> bytes | None: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...
    def error(self) -> KafkaError | None: ...
    def __len__(self) -> int: ...


class Offsets:
    """Which offsets of a partition are in good hands: all before the first that is not."""

    __slots__ = ("_done", "_pending", "next", "told")

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._done: set[int] = set()
        #: Where to read on after a restart, and up to where that was told; 0 before anything is.
        self.next = self.told = 0

    def came(self, offsets: Iterable[int]) -> None:
        """Note what has come, in its order."""
        self._pending.extend(offsets)

    def done(self, offsets: Iterable[int]) -> None:
        """Note what is in good hands, in any order."""
        pending, done = self._pending, self._done
        done.update(offsets)
        while pending and pending[0] in done:
            offset = pending.popleft()
            done.remove(offset)
            self.next = offset + 1


class Backlog:
    """Messages of one group, those of a key in one hand at a time and in their order.

    One thread adds; those that handle take, and tell when they are done. They wait for each other
    by a condition, which may be shared with other backlogs.
    """

    def __init__(self, changed: Condition, *, hands: int) -> None:
        self._changed = changed
        #: How many may have something in hand at the same time.
        self._hands = hands
        self._taken: list[list[Message]] = []
        #: Of each key that waits or is in a hand, what waits.
        self._queues: dict[object, list[Message]] = {}
        #: Keys that wait and are in no hand.
        self._ready: deque[object] = deque()
        self._offsets: dict[Partition, Offsets] = {}
        #: What waits and what is in hand.
        self.count = 0
        self.size_bytes = 0

    def add(self, messages: Sequence[Message]) -> None:
        """Let messages wait for a hand; those of a partition are in its order."""
        with self._changed:
            for partition, some in groupby(messages, partition_of):
                offsets = self._offsets.get(partition)
                if offsets is None:
                    offsets = self._offsets[partition] = Offsets()
                offsets.came([message.offset() for message in some])
            for message in messages:
                key = message.key() or partition_of(message)
                queue = self._queues.get(key)
                if queue is None:
                    self._queues[key] = [message]
                    self._ready.append(key)
                else:
                    queue.append(message)
            self._count(messages, 1)
            self._changed.notify_all()

    def take(self, limit: int) -> list[Message]:
        """Return messages of keys that are in no hand, those that wait longest first.

        A hand gets no more than its share, so that slow handlers wait for each other least.
        """
        with self._changed:
            taken: list[Message] = []
            if len(self._taken) >= self._hands:
                return taken
            room = max(min(limit, self.count // self._hands), 1)
            while self._ready and len(taken) < room:
                queue = self._queues[self._ready.popleft()]
                if len(queue) <= (count := room - len(taken)):
                    taken += queue
                    queue.clear()
                else:
                    taken += queue[:count]
                    del queue[:count]
            if taken:
                self._taken.append(taken)
            return taken

    def done(self, taken: list[Message]) -> None:
        """Say that what was taken is in good hands."""
        with self._changed:
            for partition, offsets in _by_partition(taken).items():
                if known := self._offsets.get(partition):
                    known.done(offsets)
            self._count(taken, -1)
            self._let_go(taken)

    def put_back(self, taken: list[Message]) -> None:
        """Let what was taken wait again, before what has come after it."""
        with self._changed:
            kept = [one for one in taken if partition_of(one) in self._offsets]
            self._count(taken, -1)
            self._count(kept, 1)
            for message in reversed(kept):
                self._queues[_key(message)].insert(0, message)
            self._let_go(taken)

    def drop(
        self, partitions: Collection[Partition], *, wait_seconds: float
    ) -> dict[Partition, int]:
        """Forget what waits of partitions that are not ours any more.

        Waits for what is in hand, but no longer than this, and returns where to read on. What is
        done later is not told.
        """
        gone = set(partitions)
        with self._changed:
            for queue in self._queues.values():
                dropped = [one for one in queue if partition_of(one) in gone]
                if dropped:
                    queue[:] = [one for one in queue if partition_of(one) not in gone]
                    self._count(dropped, -1)
            held = {_key(one) for taken in self._taken for one in taken}
            self._queues = {k: queue for k, queue in self._queues.items() if queue or k in held}
            self._ready = deque(key for key in self._ready if key in self._queues)
            self._changed.wait_for(lambda: not self._holds(gone), wait_seconds)
            ends = {one: self._offsets.pop(one) for one in gone if one in self._offsets}
        return {one: offsets.next for one, offsets in ends.items() if offsets.next}

    def settled(self) -> dict[Partition, int]:
        """Return where to read on, of partitions where that has changed since it was last asked."""
        with self._changed:
            moved = {one: o for one, o in self._offsets.items() if o.next != o.told}
            for offsets in moved.values():
                offsets.told = offsets.next
            return {one: offsets.next for one, offsets in moved.items()}

    @property
    def partitions(self) -> list[Partition]:
        """The partitions of which something has come."""
        with self._changed:
            return list(self._offsets)

    def wait_below(self, count: int, size_bytes: int, seconds: float) -> bool:
        """Wait until there is less than this, but no longer; say whether there is."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.count < count and self.size_bytes < size_bytes, seconds
            )

    def _holds(self, partitions: set[Partition]) -> bool:
        return any(partition_of(one) in partitions for taken in self._taken for one in taken)

    def _let_go(self, taken: list[Message]) -> None:
        # By identity: two lists may hold equal things.
        self._taken = [one for one in self._taken if one is not taken]
        queues = self._queues
        for key in {message.key() or partition_of(message): None for message in taken}:
            if queues[key]:
                self._ready.append(key)
            else:
                del queues[key]
        self._changed.notify_all()

    def _count(self, messages: Sequence[Message], sign: int) -> None:
        self.count += sign * len(messages)
        self.size_bytes += sign * sum(map(len, messages))


def partition_of(message: Message) -> Partition:
    """Return where a message is from."""
    return message.topic(), message.partition()


def _key(message: Message) -> object:
    # Messages without a key are in the order of their partition.
    return message.key() or partition_of(message)


def _by_partition(messages: Sequence[Message]) -> dict[Partition, list[int]]:
    found: dict[Partition, list[int]] = {}
    for message in messages:
        partition = message.topic(), message.partition()
        if partition in found:
            found[partition].append(message.offset())
        else:
            found[partition] = [message.offset()]
    return found
