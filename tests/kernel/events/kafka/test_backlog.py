"""What waits for a group: each key in one hand and in order, offsets told without a gap."""

from collections import defaultdict
from collections.abc import Callable
from threading import Condition
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kernel.events.kafka.backlog import Backlog, Lane, in_hand
from tests.kernel.events.kafka.messages import Fake

Draw = Callable[[st.SearchStrategy[Any]], Any]
HERE = ("tests.thing", 0)
THERE = ("tests.thing", 1)


def backlog(*messages: Fake, hands: int = 2) -> Backlog:
    made = Backlog(Condition(), hands=hands)
    made.add(messages)
    return made


def offsets(taken: list[Lane]) -> list[int]:
    return [message.offset() for message in in_hand(taken)]


def test_a_key_is_in_one_hand_at_a_time() -> None:
    made = backlog(Fake(0, b"a"), Fake(1, b"b"), Fake(2, b"a"), hands=3)

    one, other, nothing = made.take(1), made.take(1), made.take(1)
    found = offsets(one), offsets(other), offsets(nothing)
    made.done(one)

    assert found == ([0], [1], [])
    assert offsets(made.take(1)) == [2]


def test_messages_without_a_key_are_in_the_order_of_their_partition() -> None:
    made = backlog(Fake(0, None), Fake(1, None), Fake(0, None, part=1), hands=3)

    assert [offsets(made.take(1)) for _ in range(3)] == [[0], [0], []]


def test_no_more_hands_than_agreed_have_something() -> None:
    made = backlog(*(Fake(number, str(number).encode()) for number in range(9)), hands=2)

    assert [bool(made.take(1)) for _ in range(3)] == [True, True, False]


def test_a_hand_gets_its_share_and_no_more_than_the_limit() -> None:
    messages = [Fake(number, str(number).encode()) for number in range(8)]

    assert len(backlog(*messages, hands=4).take(100)) == 2
    assert len(backlog(*messages, hands=1).take(3)) == 3


def test_where_to_read_on_is_told_once_and_never_beyond_a_gap() -> None:
    made = backlog(Fake(5, b"a"), Fake(6, b"b"), Fake(7, b"c"), hands=3)
    first, second, third = (made.take(1) for _ in range(3))

    made.done(second)
    before = made.settled()
    made.done(first)
    after, again = made.settled(), made.settled()
    made.done(third)

    assert (before, after, again) == ({}, {HERE: 7}, {})
    assert made.settled() == {HERE: 8}
    assert (made.count, made.size_bytes) == (0, 0)


def test_offsets_that_the_log_does_not_have_are_no_gap() -> None:
    made = backlog(Fake(3, b"a"), Fake(7, b"b"), Fake(8, b"c"), hands=3)
    first, second, _ = (made.take(1) for _ in range(3))

    made.done(second)
    made.done(first)

    assert made.settled() == {HERE: 8}


def test_where_to_read_on_never_goes_back_when_what_was_late_comes_again() -> None:
    made = backlog(Fake(0, b"a"))
    late = made.take(1)
    assert made.drop([HERE], wait_seconds=0) == {}

    # Somebody else has read on meanwhile, and what is in our hand still lasts.
    made.add([Fake(9, b"a"), Fake(10, b"b")])
    other = made.take(9)
    found = offsets(other)
    made.done(other)
    while_it_lasts = made.settled()
    made.done(late)
    made.done(made.take(9))

    assert found == [10]
    assert while_it_lasts == {}
    assert made.settled() == {HERE: 11}


def test_what_is_put_back_comes_before_what_came_later() -> None:
    made = backlog(Fake(0, b"a"), Fake(1, b"a"), hands=1)
    taken = made.take(2)
    made.add([Fake(2, b"a")])

    made.put_back(taken)

    assert offsets(made.take(9)) == [0, 1, 2]
    assert made.count == 3


def test_a_partition_that_is_taken_away_is_forgotten_and_told_up_to_what_is_done() -> None:
    made = backlog(
        Fake(0, b"a"), Fake(1, b"b"), Fake(0, b"c", part=1), Fake(1, b"a", part=1), hands=3
    )
    taken = made.take(1)
    made.done(taken)

    told = made.drop([HERE], wait_seconds=0)

    assert told == {HERE: 1}
    assert (made.partitions, made.count) == ([THERE], 2)
    assert {one.partition() for _ in range(2) for one in in_hand(made.take(1))} == {1}


def test_what_ends_after_its_partition_is_gone_is_told_to_nobody() -> None:
    made = backlog(Fake(0, b"a"), Fake(1, b"a"), hands=1)
    taken = made.take(1)

    told = made.drop([HERE], wait_seconds=0)
    made.done(taken)

    assert (told, made.settled(), made.count) == ({}, {}, 0)
    # The partition has come back, and so has what was in hand.
    made.add([Fake(0, b"a")])
    assert offsets(made.take(9)) == [0]


def test_what_fails_after_its_partition_is_gone_waits_no_more() -> None:
    made = backlog(Fake(0, b"a"), hands=1)
    taken = made.take(1)
    made.drop([HERE], wait_seconds=0)

    made.put_back(taken)

    assert (made.take(9), made.count) == ([], 0)


class World:
    """A backlog of two partitions, hands that have something, and what has become of it."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.backlog = Backlog(Condition(), hands=3)
        self.come = [0, 0]
        self.told = [0, 0]
        self.hands: list[list[Lane]] = []
        self.done_: set[tuple[int, int]] = set()
        self.order: dict[bytes | None, list[int]] = defaultdict(list)

    def add(self) -> None:
        for part in self.draw(st.lists(st.integers(0, 1), max_size=6)):
            key = f"{part}{self.draw(st.integers(0, 2))}".encode()
            self.backlog.add([Fake(self.come[part], key, part=part)])
            self.come[part] += 1

    def take(self) -> None:
        if taken := self.backlog.take(self.draw(st.integers(1, 4))):
            self.hands.append(taken)

    def done(self) -> None:
        if self.hands:
            taken = self.hands.pop(self.draw(st.integers(0, len(self.hands) - 1)))
            self.done_ |= {(one.partition(), one.offset()) for one in in_hand(taken)}
            for one in in_hand(taken):
                self.order[one.key()].append(one.offset())
            self.backlog.done(taken)

    def fail(self) -> None:
        if self.hands:
            self.backlog.put_back(self.hands.pop())

    def check(self) -> None:
        for (_, part), offset in self.backlog.settled().items():
            self.told[part] = offset
        promised = {(part, at) for part in (0, 1) for at in range(self.told[part])}
        assert promised <= self.done_


@given(st.data())
def test_whatever_happens_keys_stay_in_order_and_nothing_is_told_that_is_not_done(
    data: st.DataObject,
) -> None:
    world = World(data.draw)
    steps = data.draw(st.lists(st.sampled_from(["add", "take", "done", "fail"]), max_size=60))

    for step in [*steps, *(["take", "done"] * 200)]:
        getattr(world, step)()
        world.check()
        if step == "done" and not world.backlog.count:
            break

    assert all(offsets_ == sorted(offsets_) for offsets_ in world.order.values())
    assert world.told == world.come
    assert world.backlog.count == 0
