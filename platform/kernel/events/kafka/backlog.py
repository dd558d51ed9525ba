"""What has come for one group and is not handled yet, in lanes: their heads tell the offsets."""

from collections import deque
from collections.abc import Collection, Sequence
from itertools import chain
from threading import Condition
from typing import Protocol, TypeAlias
from zlib import crc32

from confluent_kafka import KafkaError

#: A topic as the cluster knows it, and the number of a partition.
Partition: TypeAlias = tuple[str, int]

#: Lanes of a partition, by a hash of the key: keys of one lane wait for each other.
LANES = 64


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


class Lane:
    """Some keys of a partition: what waits, and what is in the one hand that may have some."""

    __slots__ = ("held", "part", "waiting")

    def __init__(self, part: "Part") -> None:
        self.part = part
        self.waiting: list[Message] = []
        self.held: Sequence[Message] = ()


class Part:
    """A partition. Messages without a key share a lane, and so are in its order."""

    def __init__(self) -> None:
        self.lanes = [Lane(self) for _ in range(LANES)]
        self.ours = False
        #: Something of it is in good hands since somebody was told.
        self.moved = False
        #: The first that came, where others are told to read on, and where nothing more has come.
        self.first = self.told = self.end = 0

    def begin(self, offset: int) -> None:
        """Be read from here on, for the first time or once more."""
        self.ours, self.moved = True, False
        self.first = self.told = self.end = offset

    def leave(self) -> list[Message]:
        """Be ours no more; return what has waited, and waits for somebody else now."""
        heads = [lane.waiting[0].offset() for lane in self.lanes if lane.waiting]
        left = [message for lane in self.lanes for message in lane.waiting]
        for lane in self.lanes:
            lane.waiting = []
        self.ours, self.end = False, min(heads, default=self.end)
        return left

    def next(self) -> int:
        """Return the first offset that is not in good hands: a lane has its own in their order."""
        heads = [(lane.held or lane.waiting)[:1] for lane in self.lanes]
        return min((one.offset() for head in heads for one in head), default=self.end)

    def held(self) -> bool:
        """Say whether a hand has something of it."""
        return any(lane.held for lane in self.lanes)


class Backlog:
    """Messages of one group, those of a key in one hand at a time and in their order.

    One thread adds; those that handle take, and tell when they are done. They wait for each other
    by a condition, which may be shared with other backlogs.
    """

    def __init__(self, changed: Condition, *, hands: int) -> None:
        self._changed = changed
        #: How many more may have something in hand.
        self._free = self._hands = hands
        #: Those that are ours, and those of which a hand still has something.
        self._parts: dict[Partition, Part] = {}
        #: Lanes in which something waits, and that are in no hand.
        self._ready: deque[Lane] = deque()
        #: What waits and what is in hand.
        self.count = 0
        self.size_bytes = 0

    def add(self, messages: Sequence[Message]) -> None:
        """Let messages wait for a hand; those of a partition are in its order."""
        topic, number, part = "", -1, None
        with self._changed:
            # In this loop all is as short as it can be: it is run for each message there is.
            for message in messages:
                if part is None or message.partition() != number or message.topic() != topic:
                    topic, number = message.topic(), message.partition()
                    part = self._part((topic, number), message.offset())
                lane = part.lanes[crc32(message.key() or b"") % LANES]
                if not lane.waiting and not lane.held:
                    self._ready.append(lane)
                lane.waiting.append(message)
                part.end = message.offset() + 1
            self._count(messages, 1)
            self._changed.notify_all()

    def take(self, limit: int) -> list[Lane]:
        """Give lanes into a hand, those that wait longest first; see `in_hand`.

        A hand gets no more than its share, so that slow handlers wait for each other least.
        """
        taken: list[Lane] = []
        with self._changed:
            if not self._free or not self._ready:
                return taken
            room = max(min(limit, self.count // self._hands), 1)
            while self._ready and room > 0:
                lane = self._ready.popleft()
                lane.held, lane.waiting = lane.waiting[:room], lane.waiting[room:]
                room -= len(lane.held)
                taken.append(lane)
            self._free -= 1
        return taken

    def done(self, taken: Sequence[Lane]) -> None:
        """Say that what was taken is in good hands."""
        with self._changed:
            self._count(in_hand(taken), -1)
            for lane in taken:
                lane.part.moved = True
            self._let_go(taken)

    def put_back(self, taken: Sequence[Lane]) -> None:
        """Let what was taken wait again, before what has come after it."""
        with self._changed:
            self._count(in_hand(taken), -1)
            for lane in taken:
                if lane.part.ours:
                    self._count(lane.held, 1)
                    lane.waiting[:0] = lane.held
            self._let_go(taken)

    def drop(
        self, partitions: Collection[Partition], *, wait_seconds: float
    ) -> dict[Partition, int]:
        """Forget what waits of partitions that are not ours any more.

        Waits for what is in hand, but no longer than this, and returns where to read on. What is
        done later is not told.
        """
        with self._changed:
            gone = {one: self._parts[one] for one in partitions if one in self._parts}
            gone = {one: part for one, part in gone.items() if part.ours}
            for part in gone.values():
                self._count(part.leave(), -1)
            self._ready = deque(lane for lane in self._ready if lane.waiting)
            self._changed.wait_for(
                lambda: not any(part.held() for part in gone.values()), wait_seconds
            )
            self._parts = {o: part for o, part in self._parts.items() if part.ours or part.held()}
            ends = {one: part.next() for one, part in gone.items()}
        return {one: end for one, end in ends.items() if end > gone[one].first}

    def settled(self) -> dict[Partition, int]:
        """Return where to read on, of partitions where that has changed since it was last asked."""
        found: dict[Partition, int] = {}
        with self._changed:
            for one, part in self._parts.items():
                if not part.moved or not part.ours:
                    continue
                part.moved = False
                if (offset := part.next()) > part.told:
                    found[one] = part.told = offset
        return found

    @property
    def partitions(self) -> list[Partition]:
        """The partitions of which something has come."""
        with self._changed:
            return [one for one, part in self._parts.items() if part.ours]

    def wait_below(self, count: int, size_bytes: int, seconds: float) -> bool:
        """Wait until there is less than this, but no longer; say whether there is."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.count < count and self.size_bytes < size_bytes, seconds
            )

    def _part(self, partition: Partition, offset: int) -> Part:
        part = self._parts.get(partition)
        if part is None:
            part = self._parts[partition] = Part()
        if not part.ours:
            part.begin(offset)
        return part

    def _let_go(self, taken: Sequence[Lane]) -> None:
        for lane in taken:
            lane.held = ()
        self._ready.extend(lane for lane in taken if lane.waiting)
        self._free += 1
        self._changed.notify_all()

    def _count(self, messages: Sequence[Message], sign: int) -> None:
        self.count += sign * len(messages)
        self.size_bytes += sign * sum(map(len, messages))


def in_hand(taken: Sequence[Lane]) -> list[Message]:
    """Return what a hand has: the messages of each lane in their order."""
    return list(chain.from_iterable(lane.held for lane in taken))


def partition_of(message: Message) -> Partition:
    """Return where a message is from."""
    return message.topic(), message.partition()
