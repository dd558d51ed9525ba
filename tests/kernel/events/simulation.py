"""A small world of writers, relays and consumers in which everything goes wrong, by a seed.

Two processes share a database. Transactions roll back, handlers fail, processes die at any named
point, leases end too early, deliveries come twice and out of order across keys. The clock is the
world's own, and so is chance: a seed always makes the same world.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.db import transaction

from kernel import clock
from kernel.errors import ConflictError
from kernel.events.consumer import Consumer
from kernel.events.in_process import InProcess
from kernel.events.leases import LeaseRow
from kernel.events.models import OutboxEvent, OutboxState, Redelivery, RedeliveryState
from kernel.events.publishing import publish
from kernel.events.registry import Group, consumes, groups_of
from kernel.events.relay import Relay
from kernel.events.transport import Arrival, Subscription, Transport
from kernel.jobs.models import Job
from tests.kernel.events.factories import Moved, Seen

THINGS = "abcd"
ACTIONS = 120
ORDERED, PLAIN = "tests.ordered", "tests.plain"


class Crash(BaseException):
    """The process is gone: nothing of it catches this."""


class ConnectionLostError(Exception):
    """The broker does not answer."""


@dataclass
class Shaky:
    """A subscription that brings some events twice and keys in another order, or breaks."""

    inner: Subscription
    chance: random.Random
    calm: list[bool]
    brought: list[Arrival] = field(default_factory=list)

    def fetch(self, limit: int) -> Sequence[Arrival]:
        if not self.calm[0] and self.chance.random() < 0.05:
            raise ConnectionLostError
        arrivals = list(self.inner.fetch(limit))
        self.brought += arrivals
        if self.calm[0] or not self.brought:
            return arrivals
        arrivals = self._shuffled(arrivals)
        return arrivals + self.chance.choices(self.brought, k=self.chance.randrange(3))

    def commit(self) -> None:
        self.inner.commit()

    def close(self) -> None:
        self.inner.close()

    def _shuffled(self, arrivals: list[Arrival]) -> list[Arrival]:
        by_key: dict[str, list[Arrival]] = defaultdict(list)
        for one in arrivals:
            by_key[one.envelope.partition_key].append(one)
        mixed = []
        while by_key:
            key = self.chance.choice(sorted(by_key))
            mixed.append(by_key[key].pop(0))
            if not by_key[key]:
                del by_key[key]
        return mixed


class ShakyTransport(InProcess):
    """The transport in process, as an unreliable broker would be."""

    def __init__(self, chance: random.Random, calm: list[bool]) -> None:
        super().__init__(isolated=False)
        self._chance, self._calm = chance, calm

    def subscribe(self, group: Group) -> Subscription:  # type: ignore[override]  # it is wrapped
        return Shaky(super().subscribe(group), self._chance, self._calm)


@dataclass
class Process:
    """A relay and a consumer of one process."""

    relay: Relay
    consumer: Consumer

    @classmethod
    def born(cls, transport: Transport) -> "Process":
        return cls(Relay(transport), Consumer(transport, groups_of()))


class World:
    """What happened, and what has to have come of it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        #: Nothing goes wrong any more.
        self.calm = [False]
        self.told: list[Seen] = []
        self.hopeless = {(thing, step) for thing in THINGS for step in range(0, 99, 17)}
        self.trace: list[str] = []
        self._steps: Counter[str] = Counter()
        transport = ShakyTransport(self.chance, self.calm)
        for name, ordered in ((ORDERED, True), (PLAIN, False)):
            consumes(Moved, group=name, ordered=ordered)(self._handler(name))
        self._transport = transport
        self._processes = [Process.born(transport) for _ in range(2)]

    def run(self) -> None:
        """Let things go wrong for a while, then let everything come to rest."""
        with _rules(self):
            for _ in range(ACTIONS):
                self._act()
            self.calm[0] = True
            for _ in range(12):
                self.now += timedelta(minutes=11)
                for process in self._processes:
                    while process.relay.step() + process.consumer.step():
                        pass

    def effects(self, group: str) -> list[Seen]:
        """Return what a group has done, in order."""
        found = Job.objects.filter(name=group).order_by("id").values_list("target", flat=True)
        return [(thing, int(step)) for thing, step in (one.split() for one in found)]

    def dead(self, group: str) -> list[Seen]:
        """Return what a group could not do."""
        letters = Redelivery.objects.filter(group=group, state=RedeliveryState.DEAD)
        data = [letter.envelope["data"] for letter in letters]
        return [(one["thing"], one["step"]) for one in data]

    def check(self) -> None:
        """Raise unless everything told took effect once in each group, or is a dead letter."""
        for group in (ORDERED, PLAIN):
            done, dead = self.effects(group), self.dead(group)
            assert sorted(done + dead) == sorted(self.told), group
        for thing in THINGS:
            steps = [step for key, step in self.effects(ORDERED) if key == thing]
            assert steps == sorted(steps), steps
        assert set(self.dead(ORDERED)) == self.hopeless & set(self.told)
        assert not Redelivery.objects.filter(state=RedeliveryState.WAITING).exists()
        offsets = OutboxEvent.objects.order_by("offset").values_list("offset", flat=True)
        assert list(offsets) == list(range(1, len(self.told) + 1))
        assert set(OutboxEvent.objects.values_list("state", flat=True)) <= {OutboxState.SENT}

    def pass_fault_point(self, name: str) -> None:
        """Die here, once in a while."""
        if not self.calm[0] and self.chance.random() < 0.03:
            self.trace.append(f"crash at {name}")
            raise Crash

    def _act(self) -> None:
        kind = self.chance.choices(["tell", "relay", "consume", "wait"], [5, 3, 5, 2])[0]
        number = self.chance.randrange(len(self._processes))
        self.trace.append(f"{kind} {number}")
        if kind == "tell":
            self._tell()
        elif kind == "wait":
            self.now += timedelta(seconds=self.chance.choice([0.1, 2, 11, 61]))
        else:
            process = self._processes[number]
            part = process.relay if kind == "relay" else process.consumer
            try:
                part.step()
            except ConnectionLostError:
                part.lost()
            except Crash:
                # What it held in memory is gone; its lease lasts until its time.
                self._processes[number] = Process.born(self._transport)

    def _tell(self) -> None:
        things = self.chance.choices(THINGS, k=self.chance.randrange(1, 4))
        rolled_back = self.chance.random() < 0.15
        seen: list[Seen] = []
        with transaction.atomic():
            for thing in things:
                step = self._steps[thing] + 1 + [one for one, _ in seen].count(thing)
                publish(Moved(thing=thing, step=step))
                seen.append((thing, step))
            transaction.set_rollback(rolled_back)
        if not rolled_back:
            self.told += seen
            self._steps.update(things)

    def _handler(self, group: str):  # type: ignore[no-untyped-def]  # a handler of the group
        def handle(event: Moved) -> None:
            Job.objects.create(name=group, target=f"{event.thing} {event.step}")
            if (event.thing, event.step) in self.hopeless:
                raise ConflictError("never")
            if not self.calm[0] and self.chance.random() < 0.15:
                raise RuntimeError("not now")

        return handle


@contextmanager
def _rules(world: World) -> Iterator[None]:
    with (
        patch.object(clock, "now", lambda: world.now),
        patch("kernel.events.in_process.fault_point", world.pass_fault_point),
        patch("kernel.events.inbox.fault_point", world.pass_fault_point),
        # How many share a transaction is a matter of real time, and chance has to be ours alone.
        patch("kernel.events.inbox.TOGETHER_SECONDS", 3600),
        patch("kernel.events.inbox.MOST_TOGETHER", 4),
        patch("kernel.events.relay.claim", LeaseRow),
        patch("kernel.events.consumer.claim", LeaseRow),
    ):
        yield
