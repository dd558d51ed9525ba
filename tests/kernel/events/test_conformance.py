"""What every transport promises: the same tests for each of them.

A new transport joins by a line in `TRANSPORTS`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction

from contracts.event import Event
from kernel.errors import InvalidInputError
from kernel.events.in_process import InProcess
from kernel.events.inbox import deliver
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS, Group, consumes
from kernel.events.transport import Place, Start, Subscription, Transport
from tests.kernel.events.factories import Failing, Moved, Seen, Stopped, group, only_group, tell
from tests.kernel.events.patient import PatientKafka
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db(transaction=True)

TRANSPORTS: dict[str, Callable[[], Transport]] = {
    "in process": lambda: InProcess(isolated=False),
    "isolated": lambda: InProcess(isolated=True),
    "consumer": PatientKafka,
    "classic": PatientKafka,
}


@pytest.fixture(
    params=[
        "in process",
        "isolated",
        pytest.param("consumer", marks=pytest.mark.live, id="kafka, kip 848"),
        pytest.param("classic", marks=pytest.mark.live, id="kafka, classic"),
    ]
)
def transport(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Transport]:
    """Each transport, as a relay that has just become active has it."""
    protocol: str = request.param
    if TRANSPORTS[protocol] is PatientKafka:
        request.getfixturevalue("kafka")
        monkeypatch.setattr(settings, "KAFKA_GROUP_PROTOCOL", protocol)
    made = TRANSPORTS[protocol]()
    made.take_over()
    opened = remember_subscriptions(made, monkeypatch)
    yield made
    for subscription in opened:
        subscription.close()


def remember_subscriptions(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> list[Subscription]:
    """Return the list in which each subscription of this transport will be."""
    opened: list[Subscription] = []
    subscribe = transport.subscribe

    def remembered(group: Group) -> Subscription:
        opened.append(subscribe(group))
        return opened[-1]

    monkeypatch.setattr(transport, "subscribe", remembered)
    return opened


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

    assert sorted(one) == sorted(other) == [("a", 1), ("b", 1)]


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

    assert sorted(seen) == [("a", 1), ("b", 1), ("c", 1)]


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

    # One that was undone with a failure is seen once more.
    assert set(seen) == {("b", 1), ("b", 2)}


def test_a_new_group_begins_with_the_oldest_that_is_kept(transport: Transport) -> None:
    tell(("a", 1), ("b", 1))
    relay_all(transport)

    group("tests.late")

    assert sorted(fetched(transport.subscribe(only_group()))) == [("a", 1), ("b", 1)]


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


def brought(transport: Transport) -> list[Seen]:
    """Return what a new subscription is brought, and commit it."""
    subscription = transport.subscribe(only_group())
    found = fetched(subscription)
    subscription.commit()
    subscription.close()
    return found


def test_a_group_begins_again_where_it_is_told_to(
    transport: Transport, moved: MovableClock
) -> None:
    group()
    start = moved.now
    tell(("a", 1), ("a", 2), ("a", 3))
    relay_all(transport)
    everything = brought(transport)
    origins = [
        one.origin
        for some in transport.history(only_group(), start, start + timedelta(days=1))
        for one in some
    ]
    second = Place(
        topic="tests.thing",
        partition=origins[1].get("partition", 0),
        offset=origins[1]["offset"],
    )

    found: list[list[Seen]] = []
    moves: list[tuple[int, int]] = []
    targets: list[Start] = ["beginning", second, "end", start]
    for to in targets:
        move = transport.distance(only_group(), to)
        moves.append((move.again, move.left_out))
        transport.reset_offsets(only_group(), to)
        found.append(brought(transport))

    assert everything == [("a", 1), ("a", 2), ("a", 3)]
    assert found == [everything, everything[1:], [], everything]
    assert moves == [(3, 0), (2, 0), (0, 0), (3, 0)]


def test_a_place_that_is_not_there_is_refused(transport: Transport) -> None:
    group()
    tell(("a", 1))
    relay_all(transport)

    for offset in (-1, 99):
        with pytest.raises(InvalidInputError):
            transport.reset_offsets(only_group(), Place(topic="tests.thing", offset=offset))


def test_history_of_a_range_of_offsets(transport: Transport) -> None:
    group()
    tell(*(("a", step) for step in range(5)))
    relay_all(transport)
    subscription = transport.subscribe(only_group())
    arrivals = subscription.fetch(4)
    subscription.commit()
    first, last = arrivals[1].origin, arrivals[3].origin
    place = Place(topic="tests.thing", partition=first.get("partition", 0), offset=first["offset"])

    found = [
        [
            one.envelope.data["step"]
            for some in transport.history_between(only_group(), *range_)
            for one in some
        ]
        for range_ in ((place, last["offset"]), (place, last["offset"] + 100))
    ]
    elsewhere = list(
        transport.history_between(only_group(), Place(topic="tests.other", offset=0), 9)
    )

    # The last has not been brought yet.
    assert found == [[1, 2], [1, 2, 3]]
    assert elsewhere == []
