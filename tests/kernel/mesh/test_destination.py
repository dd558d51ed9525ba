"""Policies of calls, in simulated time: whom they reach, how often, and when nobody is asked."""

import time
from threading import Event

import pytest

from kernel.database import deadlines
from kernel.discovery.addresses import Address
from kernel.errors import DeadlineExceededError, UnavailableError
from kernel.mesh.destination import Destination, Policy
from kernel.mesh.retrying import Retrying
from tests.kernel.mesh.simulated import Process, World, three


def test_calls_are_spread_over_all_processes_that_are_well() -> None:
    world = World(three())

    assert world.called(300) == 300

    assert all(60 <= one.asked <= 140 for one in world.processes.values())


def test_with_one_of_three_dead_all_calls_go_well_and_it_is_soon_left_out() -> None:
    world = World(three(b=Process(dead=True)))

    assert world.called(1000) == 1000

    # Asked once in a while to see whether it is back, and no more.
    assert world.processes["b"].asked < 30


def test_a_process_that_is_back_is_asked_again_within_ten_seconds() -> None:
    world = World(three(b=Process(dead=True)))
    world.called(3000)
    world.processes["b"].dead = False
    world.forget()

    world.called(500)
    came_back = world.processes["b"].asked
    world.forget()
    world.called(300)

    assert came_back > 0
    assert world.processes["b"].asked > 60


def test_a_process_ten_times_slower_gets_less_than_a_tenth() -> None:
    world = World(three())
    world.called(200)
    world.processes["c"].seconds = 0.1
    world.called(100)
    world.forget()

    world.called(250)

    assert world.processes["c"].asked < 0.1 * world.asked


def test_one_that_was_slow_for_a_moment_has_its_share_again_within_ten_seconds() -> None:
    world = World(three(c=Process(seconds=0.1)))
    world.called(300)
    world.processes["c"].seconds = 0.01
    world.called(500)
    world.forget()

    world.called(300)

    assert world.processes["c"].asked > 60


def test_what_changes_something_is_sent_again_only_if_it_was_not_begun() -> None:
    late = World({"a": Process(seconds=9)})
    refused = World({"a": Process(dead=True)})
    busy = World({"a": Process(status=529)})
    failed = World({"a": Process(status=503)})
    for world in (late, refused):
        with pytest.raises(UnavailableError, match="files gives no answer"):
            world.call(idempotent=False, seconds=1)
    assert busy.call(idempotent=False) == 529
    assert failed.call(idempotent=False) == 503

    assert [one.asked for one in (late, refused, busy, failed)] == [1, 3, 3, 1]


def test_pauses_are_random_and_grow_up_to_a_bound() -> None:
    policy = Policy(retrying=Retrying(most_tries=8))
    world = World({"a": Process(dead=True)}, policy)

    with pytest.raises(UnavailableError):
        world.call()

    assert len(set(world.slept)) == len(world.slept) == 7
    bounds = [0.025, 0.05, 0.1, 0.2, 0.25, 0.25, 0.25]
    assert all(0 <= slept <= most for slept, most in zip(world.slept, bounds, strict=True))


def test_in_a_total_outage_no_more_is_sent_than_is_offered() -> None:
    world = World(three())
    world.called(500)
    for one in world.processes.values():
        one.dead = True
    world.forget()

    well = world.called(2000, every=0.01)

    assert well == 0
    assert world.asked <= 1.2 * 2000


def test_without_a_breaker_the_budget_alone_bounds_an_outage() -> None:
    world = World(three())
    world.called(500, every=0.01)
    for one in world.processes.values():
        one.dead = True
    world.forget()

    for _ in range(200):
        world.called(10, every=0.01)
        world.destination.breaker.reset()

    # What the calls before had not spent is spent, too.
    assert world.asked <= 2000 + 0.2 * (500 + 2000) + 10


def test_after_an_outage_calls_go_well_within_ten_seconds() -> None:
    world = World(three())
    world.called(200)
    for one in world.processes.values():
        one.dead = True
    world.called(3000)
    for one in world.processes.values():
        one.dead = False

    world.called(500)

    assert world.called(100) == 100
    assert world.destination.breaker.state == "closed"


def test_a_service_that_fails_is_left_alone_and_says_for_how_long() -> None:
    world = World({"a": Process(status=503)})
    for _ in range(20):
        assert world.call() == 503
    asked = world.asked

    with pytest.raises(UnavailableError, match="left alone") as refusal:
        world.call()

    assert refusal.value.retry_after_seconds == 1
    assert world.asked == asked


def test_a_service_that_is_slow_as_a_whole_is_left_alone_too() -> None:
    world = World({"a": Process(seconds=3)})

    for _ in range(20):
        # What takes three seconds, and comes one after the other, would never be many in ten.
        world.now -= 2.9
        world.call()

    with pytest.raises(UnavailableError, match="left alone"):
        world.call()
    # A call that comes through then, and takes as long, does not let all others follow.
    world.now += 5
    world.call()
    with pytest.raises(UnavailableError, match="left alone"):
        world.call()


def test_at_most_half_of_the_processes_are_left_out() -> None:
    world = World({name: Process(dead=True) for name in "abcd"})
    for _ in range(200):
        world.called(5)
        world.destination.breaker.reset()

    left_out = sum(one.ejected(world.now) for one in world.destination.pool.endpoints)

    assert left_out <= 2


def test_who_has_too_much_to_do_is_not_left_out() -> None:
    world = World(three(a=Process(status=529)))

    assert world.called(500) == 500

    assert not any(one.ejected(world.now) for one in world.destination.pool.endpoints)


def test_the_own_zone_is_kept_to_while_half_of_it_is_well() -> None:
    zones = {"a": "west", "b": "west", "c": "east"}
    world = World(three(), Policy(zone="west"), zones)
    world.called(200)
    near = world.processes["c"].asked
    world.processes["a"].dead = world.processes["b"].dead = True
    for _ in range(20):
        world.called(20)
        world.destination.breaker.reset()

    assert near == 0
    assert world.processes["c"].asked > 0


def test_a_call_has_only_the_time_of_whoever_waits_for_it() -> None:
    world = World({"a": Process()})
    given: list[float] = []

    def send(url: str, seconds: float) -> int:
        given.append(seconds)
        return world.send(url, seconds)

    token = deadlines.begin(time.monotonic() + 100)
    try:
        world.destination.call(send, seconds=500, idempotent=True)
    finally:
        deadlines.end(token)
    over = deadlines.begin(time.monotonic() - 1)
    try:
        with pytest.raises(DeadlineExceededError):
            world.destination.call(send, seconds=5, idempotent=True)
    finally:
        deadlines.end(over)

    assert len(given) == 1
    assert 0 < given[0] <= 100


def test_who_allows_little_time_has_nobody_left_alone() -> None:
    world = World(three(a=Process(seconds=9), b=Process(seconds=9), c=Process(seconds=9)))

    for _ in range(40):
        token = deadlines.begin(time.monotonic() + 0.5)
        try:
            with pytest.raises(DeadlineExceededError):
                world.call()
        finally:
            deadlines.end(token)

    assert world.destination.breaker.state == "closed"
    assert [one.failures for one in world.destination.pool.endpoints] == [0, 0, 0]


def test_a_service_that_nobody_knows_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="nobody knows where files is"):
        World({}).call()


def test_an_error_of_the_caller_is_no_failure_of_the_service() -> None:
    world = World({"a": Process()})

    def wrong(_url: str, _seconds: float) -> int:
        raise ValueError

    for _ in range(40):
        with pytest.raises(ValueError):  # noqa: PT011  ours
            world.destination.call(wrong, seconds=1, idempotent=True)

    (endpoint,) = world.destination.pool.endpoints
    assert (endpoint.in_flight, endpoint.failures) == (0, 0)
    assert world.call() == 200


def test_a_second_process_is_asked_where_the_first_takes_long() -> None:
    hangs, slow = Event(), {"url": ""}

    def send(url: str, _seconds: float) -> int:
        slow["url"] = slow["url"] or url
        if url == slow["url"]:
            hangs.wait(30)
        return 200

    addresses = (Address("http://a"), Address("http://b"))
    destination: Destination[int] = Destination(
        "files", lambda: addresses, judge=lambda _: "well", policy=Policy(hedging=True)
    )
    destination.usual = 0.001
    try:
        assert destination.call(send, seconds=20, idempotent=True) == 200
    finally:
        hangs.set()
