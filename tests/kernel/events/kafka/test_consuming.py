"""The threads that read from Kafka and handle: in order, side by side, and never too much."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread, current_thread

import orjson
import pytest
from django.conf import settings

from kernel.errors import ConflictError
from kernel.events.kafka import consuming
from kernel.events.kafka.backlog import Backlog, Message
from kernel.events.kafka.consuming import Desk
from kernel.events.kafka.transport import Kafka
from kernel.events.loops import Looped
from kernel.events.registry import Group
from tests.kernel.events.factories import Moved, Seen, group, only_group, tell
from tests.kernel.events.patient import PatientKafka, wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kafka"),
]


@dataclass
class Crew:
    """Threads that read and handle, by a handler of the test's and without a database."""

    handle: Callable[[Seen], None]
    threads: int = 4
    desk: Desk = field(init=False)
    seen: list[Seen] = field(default_factory=list)
    hands: set[str] = field(default_factory=set)
    _stopping: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.desk = Desk([only_group()], self.threads, self._receive)
        self.desk.paused = frozenset()

    @contextmanager
    def at_work(self) -> Iterator["Crew"]:
        makers = {name: make for name, make in self.desk.loops().items() if name != "again"}
        loops = [Thread(target=self._loop, args=(make,), name=n) for n, make in makers.items()]
        for thread in loops:
            thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            for thread in loops:
                thread.join(20)

    def _loop(self, make: Callable[[], Looped]) -> None:
        work = make()
        while not self._stopping.is_set():
            if not work.step():
                self._stopping.wait(0.05)
        work.stop()

    def _receive(self, _group: Group, messages: Sequence[Message]) -> None:
        for message in messages:
            data = orjson.loads(message.value() or b"")["data"]
            self.handle((data["thing"], data["step"]))
            with self._lock:
                self.seen.append((data["thing"], data["step"]))
                self.hands.add(current_thread().name)


def handed_over(*steps: Seen) -> None:
    """Publish that things have moved, and hand it over to Kafka."""
    tell(*steps)
    transport = PatientKafka()
    while transport.relay(500):
        pass
    transport.release(5)


def behind() -> int:
    return Kafka().lag("tests.watch", [Moved.TYPE]).events


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_keys_are_handled_side_by_side_and_each_in_order(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "KAFKA_GROUP_PROTOCOL", protocol)
    group()
    steps = [(f"{thing}", step) for step in range(25) for thing in range(20)]
    handed_over(*steps)
    chance = random.Random(7)

    with Crew(lambda _: time.sleep(chance.random() / 200)).at_work() as crew:
        wait_until(lambda: len(crew.seen) >= len(steps))

    by_thing: dict[str, list[int]] = defaultdict(list)
    for thing, step in crew.seen:
        by_thing[thing].append(step)
    assert by_thing == {str(thing): list(range(25)) for thing in range(20)}
    assert len(crew.hands) > 1
    # Leaving commits what is done.
    assert behind() == 0


def test_a_key_that_takes_long_holds_up_no_other_and_its_offset_is_not_committed() -> None:
    group()
    others = [(thing, step) for thing in "bcdefgh" for step in range(20)]
    handed_over(("a", 0))
    go_on, begun = Event(), Event()

    def handle(seen: Seen) -> None:
        if seen == ("a", 0):
            begun.set()
            go_on.wait(30)

    crew = Crew(handle)
    with crew.at_work():
        wait_until(begun.is_set)
        handed_over(*others)
        wait_until(lambda: len(crew.seen) == len(others))
        wait_until(lambda: behind() < len(others))
        waiting = behind()
        go_on.set()
        wait_until(lambda: len(crew.seen) == len(others) + 1)

    assert waiting > 0
    assert behind() == 0


def test_no_more_is_read_than_can_be_handled_and_the_member_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consuming, "MOST_WAITING", 200)
    monkeypatch.setattr(consuming, "BATCH", 50)
    group()
    steps = [(str(number % 40), number // 40) for number in range(1_000)]
    handed_over(*steps)
    go_on = Event()
    counts: list[int] = []

    class Watched(Backlog):
        def add(self, messages: Sequence[Message]) -> None:
            super().add(messages)
            counts.append(self.count)

    def handle(_seen: Seen) -> None:
        go_on.wait(30)

    monkeypatch.setattr(consuming, "Backlog", Watched)
    crew = Crew(handle, threads=2)
    with crew.at_work():
        wait_until(lambda: bool(counts) and counts[-1] >= 200)
        reads = len(counts)
        wait_until(lambda: len(counts) > reads + 20)
        most = max(counts)
        go_on.set()
        wait_until(lambda: len(crew.seen) == len(steps))

    assert most < 200 + 50
    # Had it been thrown out meanwhile, some would have come twice.
    assert sorted(crew.seen) == sorted(steps)


def test_what_a_handler_could_not_take_is_handled_again_before_what_follows() -> None:
    group()
    steps = [("a", step) for step in range(30)]
    handed_over(*steps)
    away = [True]

    def handle(seen: Seen) -> None:
        if seen == ("a", 7) and away:
            away.clear()
            raise ConnectionError("the database is away")

    crew = Crew(handle, threads=1)
    patient = consuming.Handler.step

    def step(handler: consuming.Handler) -> int:
        try:
            return patient(handler)
        except ConnectionError:
            return 0

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(consuming.Handler, "step", step)
        with crew.at_work():
            wait_until(lambda: ("a", 29) in crew.seen)

    assert not away
    # Those before it in its batch are handled twice here, where no inbox passes them over.
    first = list(dict.fromkeys(crew.seen))
    assert first == steps


def test_a_paused_group_leaves_and_goes_on_where_it_stood_or_was_put() -> None:
    group()
    handed_over(*(("a", step) for step in range(10)))
    transport = Kafka()
    crew = Crew(lambda _: None)

    with crew.at_work():
        wait_until(lambda: len(crew.seen) == 10)
        with pytest.raises(ConflictError, match="still reads"):
            transport.reset_offsets(only_group(), "beginning")
        crew.desk.paused = frozenset({"tests.watch"})
        wait_until(lambda: _moved(transport))
        handed_over(("a", 10))
        time_to_read = time.monotonic() + 1
        wait_until(lambda: time.monotonic() > time_to_read)
        while_paused = len(crew.seen)
        crew.desk.paused = frozenset()
        wait_until(lambda: len(crew.seen) == 21)

    assert while_paused == 10
    assert crew.seen[10:] == [("a", step) for step in range(11)]


def _moved(transport: Kafka) -> bool:
    try:
        transport.reset_offsets(only_group(), "beginning")
    except ConflictError:
        return False
    return True
