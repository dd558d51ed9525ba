"""The threads that read groups from Kafka, handle what has come, and try again what failed.

One thread for each group reads and never waits for a handler; those that handle are shared by all
groups, and each key is in one of their hands at a time. They meet at a desk, a batch at a time.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Condition

from django.conf import settings

from kernel.events.groups import Pauses
from kernel.events.inbox import MOST_TOGETHER
from kernel.events.kafka.backlog import Backlog, Message, Partition, in_hand
from kernel.events.kafka.dead_letters import DeadLetters
from kernel.events.kafka.membership import Membership
from kernel.events.kafka.receiving import receive
from kernel.events.loops import Looped
from kernel.events.redeliverer import Redeliverer
from kernel.events.registry import Group
from kernel.events.wake import bell

#: Messages that are read at a time, and that a hand has at most.
BATCH = 500
#: A hand has what it handles in about this time: others get their share, and who stops has ended
#: soon what it has begun.
HAND_SECONDS = 0.1
#: When no more is read for a group until some of it is handled.
MOST_WAITING = 5_000
MOST_WAITING_BYTES = 32 * 1024 * 1024
#: How long who reads waits: for messages, and for room.
READ_SECONDS = 0.1
#: How long who handles waits before it looks up.
IDLE_SECONDS = 0.5
#: How long what is in hand may take to end when its partition is taken away.
LEAVE_SECONDS = 10.0

Receive = Callable[[Group, Sequence[Message]], None]


class Desk:
    """What the threads of one process share."""

    def __init__(self, groups: Sequence[Group], threads: int, receive: Receive = receive) -> None:
        self._groups = groups
        self._threads = threads
        self._receive = receive
        self.changed = Condition()
        #: Groups for which nobody is to read; None as long as nobody has looked.
        self.paused: frozenset[str] | None = None

    def loops(self) -> dict[str, Callable[[], Looped]]:
        """Return what the threads do, by their names."""
        if not self._groups:
            return {}
        backlogs = []
        loops: dict[str, Callable[[], Looped]] = {}
        for group in self._groups:
            hands = settings.CONSUMER_CONCURRENCY.get(group.name, self._threads)
            backlogs.append((group, Backlog(self.changed, hands=hands)))
            loops[f"reader {group.name}"] = partial(Reader, self, *backlogs[-1])
        for number in range(self._threads):
            loops[f"handler-{number}"] = partial(Handler, self.changed, backlogs, self._receive)
        loops["again"] = partial(Again, self, self._groups)
        return loops


class Reader:
    """Reads for one group, and commits what is done. Used by one thread."""

    def __init__(self, desk: Desk, group: Group, backlog: Backlog) -> None:
        self._desk = desk
        self._group = group
        self._backlog = backlog
        self._member: Membership | None = None

    def step(self) -> int:
        """Read a batch, or wait for one; 0 while the group is paused."""
        paused = self._desk.paused
        if paused is None or self._group.name in paused:
            self.stop()
            return 0
        if self._member is None:
            self._member = Membership(self._group, self._leave)
        self._member.store(self._backlog.settled())
        if self._backlog.wait_below(MOST_WAITING, MOST_WAITING_BYTES, READ_SECONDS):
            self._member.resume()
        else:
            self._member.pause()
        self._backlog.add(self._member.read(BATCH, READ_SECONDS))
        return 1

    def stop(self) -> None:
        """Leave the group, with what is done committed; what only waits comes to somebody else."""
        if self._member is not None:
            member, self._member = self._member, None
            member.close()
            self._leave(self._backlog.partitions)

    def lost(self) -> None:
        """Begin anew as another member."""
        self.stop()

    def _leave(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return self._backlog.drop(partitions, wait_seconds=LEAVE_SECONDS)


class Handler:
    """Handles what has come for whichever group. Used by one thread."""

    def __init__(
        self, changed: Condition, backlogs: Sequence[tuple[Group, Backlog]], receive: Receive
    ) -> None:
        self._changed = changed
        self._backlogs = list(backlogs)
        self._receive = receive
        #: Of each group, how many messages are taken at a time.
        self._limits = {group.name: MOST_TOGETHER for group, _ in backlogs}

    def step(self) -> int:
        """Handle a share of what waits for one group, or wait; groups take turns."""
        with self._changed:
            for _ in self._backlogs:
                self._backlogs.append(self._backlogs.pop(0))
                group, backlog = self._backlogs[-1]
                if taken := backlog.take(self._limits[group.name]):
                    break
            else:
                self._changed.wait(IDLE_SECONDS)
                return 1
        messages, began = in_hand(taken), time.monotonic()
        try:
            self._receive(group, messages)
        except BaseException:
            backlog.put_back(taken)
            raise
        backlog.done(taken)
        self._fit(group, len(messages), time.monotonic() - began)
        return len(messages)

    def _fit(self, group: Group, count: int, seconds: float) -> None:
        """Take more of a group the next time if this went fast, and less if it did not."""
        limit = self._limits[group.name]
        if seconds > HAND_SECONDS:
            self._limits[group.name] = max(count // 2, 1)
        elif count == limit:
            self._limits[group.name] = min(limit * 2, BATCH)

    def stop(self) -> None:
        """Nothing is in hand between two steps."""

    def lost(self) -> None:
        """What failed waits again."""


class Again:
    """Tries again what failed, tells of dead letters, and sees who is paused."""

    def __init__(self, desk: Desk, groups: Sequence[Group]) -> None:
        self._desk = desk
        self._pauses = Pauses()
        self._redeliverer = Redeliverer(groups)
        self._dead_letters = DeadLetters()

    def step(self) -> int:
        """Look at all groups once; return how many events there were."""
        paused = self._pauses.names()
        if paused != self._desk.paused:
            self._desk.paused = paused
            bell.ring()
        tried = self._redeliverer.step(paused)
        return tried + self._dead_letters.tell(self._redeliverer.held())

    def stop(self) -> None:
        """Let another process try."""
        self._redeliverer.stop()

    def lost(self) -> None:
        """Nothing was begun that does not come again."""
