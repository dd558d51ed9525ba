"""What every transport promises: the same tests for each of them.

A new transport joins by a line in `TRANSPORTS`.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from contracts.event import Event
from kernel.events.in_process import InProcess
from kernel.events.inbox import deliver
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS, consumes
from kernel.events.transport import Subscription, Transport
from tests.kernel.events.factories import Failing, Moved, Seen, Stopped, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db(transaction=True)

TRANSPORTS: dict[str, Callable[[], Transport]] = {
    "in process": lambda: InProcess(isolated=False),
    "isolated": lambda: InProcess(isolated=True),
}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport, as a relay that has just become active has it."""
    made = TRANSPORTS[request.param]()
    made.take_over()
    return made


def relay_all(transport: Transport) -> int:
    """Hand over everything that waits; return how many there were."""
    count = 0
    while moved := transport.relay(100):
        count += moved
    return count


def fetched(subscription: Subscription, limit: int = 100) -> list[Seen]:
    """Return what is fetched, as things and steps."""
    return [
        (one.envelope.data["thing"], one.envelope.data["step"]) for one in subscription.fetch(limit)
    ]


def test_what_is_published_arrives_whole(transport: Transport) -> None:
    seen: list[Event] = []
    consumes(Moved, group="tests.watch")(seen.append)

    tell(("a", 1))
    assert relay_all(transport) == 1
    (arrival,) = transport.subscribe(only_group()).fetch(10)

    envelope = arrival.envelope
    assert envelope.event() == Moved(thing="a", step=1)
    assert (envelope.partition_key, envelope.subject) == ("-/a", "a")
    assert (envelope.actor.id, len(envelope.traceparent)) == ("septet", 55)
    assert arrival.origin["topic"] == "tests.thing"


def test_the_order_of_each_key_is_that_of_its_transactions(transport: Transport) -> None:
    group()
    steps = [(thing, step) for step in range(50) for thing in "abc"]
    tell(*steps)
    while transport.relay(7):
        pass
    subscription = transport.subscribe(only_group())

    found = [one for _ in range(40) for one in fetched(subscription, 4)]

    for thing in "abc":
        assert [step for key, step in found if key == thing] == list(range(50))
    assert len(found) == len(steps)


def test_what_was_rolled_back_never_arrives(transport: Transport) -> None:
    group()
    with transaction.atomic():
        publish(Moved(thing="a", step=1))
        transaction.set_rollback(True)
    tell(("b", 1))
    relay_all(transport)

    assert fetched(transport.subscribe(only_group())) == [("b", 1)]


def test_every_group_is_brought_everything(transport: Transport) -> None:
    one, other = group("tests.one"), group("tests.other")
    tell(("a", 1), ("b", 1))
    relay_all(transport)

    for known in GROUPS.values():
        deliver(known, transport.subscribe(known).fetch(10))

    assert one == other == [("a", 1), ("b", 1)]


def test_a_group_is_brought_what_it_handles_and_nothing_else(transport: Transport) -> None:
    group()
    with transaction.atomic():
        publish(Stopped(thing="a"))
    tell(("a", 1))
    relay_all(transport)

    assert fetched(transport.subscribe(only_group())) == [("a", 1)]


def test_what_was_not_committed_comes_again(transport: Transport) -> None:
    seen = group()
    tell(("a", 1), ("b", 1), ("c", 1))
    relay_all(transport)
    first = transport.subscribe(only_group())
    deliver(only_group(), first.fetch(1))
    first.commit()
    deliver(only_group(), first.fetch(1))
    first.close()

    again = transport.subscribe(only_group())
    deliver(only_group(), again.fetch(10))

    assert seen == [("a", 1), ("b", 1), ("c", 1)]


def test_what_was_committed_does_not_come_again(transport: Transport) -> None:
    group()
    tell(("a", 1), ("b", 1))
    relay_all(transport)
    first = transport.subscribe(only_group())
    first.fetch(10)
    first.commit()
    first.close()

    assert fetched(transport.subscribe(only_group())) == []


def test_nothing_waits_for_a_failed_event_of_another_key(transport: Transport) -> None:
    seen = group(ordered=True, fails=Failing(("a", 1)))
    tell(("a", 1), ("a", 2), ("b", 1))
    relay_all(transport)
    subscription = transport.subscribe(only_group())
    deliver(only_group(), subscription.fetch(10))
    subscription.commit()
    tell(("b", 2))
    relay_all(transport)
    deliver(only_group(), subscription.fetch(10))

    assert seen == [("b", 1), ("b", 2)]


def test_a_new_group_begins_with_the_oldest_that_is_kept(transport: Transport) -> None:
    tell(("a", 1), ("b", 1))
    relay_all(transport)

    group("tests.late")

    assert fetched(transport.subscribe(only_group())) == [("a", 1), ("b", 1)]


def test_lag_is_told_in_events_and_in_seconds(transport: Transport, moved: MovableClock) -> None:
    group()
    types = [Moved.TYPE]
    assert transport.lag("tests.watch", types).events == 0
    tell(("a", 1))
    moved.by(seconds=30)
    tell(("b", 1))
    transport.relay(1)
    moved.by(seconds=5)

    behind = transport.lag("tests.watch", types)
    relay_all(transport)
    subscription = transport.subscribe(only_group())
    subscription.fetch(10)
    subscription.commit()
    caught_up = transport.lag("tests.watch", types)

    assert (behind.events, behind.seconds) == (2, 35.0)
    assert (caught_up.events, caught_up.seconds) == (0, 0.0)


def test_history_is_what_a_group_was_brought_of_a_time(
    transport: Transport, moved: MovableClock
) -> None:
    group()
    start = moved.now
    for step in range(5):
        tell(("a", step))
        moved.by(minutes=1)
    relay_all(transport)
    subscription = transport.subscribe(only_group())
    subscription.fetch(4)
    subscription.commit()

    minute = timedelta(minutes=1)
    found = [
        one.envelope.data["step"]
        for some in transport.history(only_group(), start + minute, start + 5 * minute)
        for one in some
    ]

    # The last has not been brought yet: it comes by itself.
    assert found == [1, 2, 3]
