"""The relay, and the log of the in-process transport: in order, nothing passed over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.events.in_process import InProcess
from kernel.events.inbox import deliver
from kernel.events.leases import LEASE, LeaseRow, claim
from kernel.events.models import ConsumerGroup, OutboxEvent
from kernel.events.publishing import publish
from kernel.events.relay import Relay
from kernel.events.wake import notifier
from kernel.testing.events import drain_events
from tests.kernel.events.factories import Moved, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

committed = pytest.mark.django_db(transaction=True)


def log() -> list[tuple[str, int, str]]:
    """Return subject, offset and state of every event in the order in which they were written."""
    rows = OutboxEvent.objects.order_by("position")
    return list(rows.values_list("subject", "offset", "state"))  # type: ignore[arg-type]


def elsewhere(work: Callable[[], object]) -> object:
    """Do something on another thread, with a connection of its own."""

    def run() -> object:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()


@pytest.mark.django_db
def test_the_relay_gives_offsets_without_gaps_in_the_order_of_writing() -> None:
    tell(("a", 1), ("b", 1), ("c", 1))
    transport = InProcess(isolated=False)

    assert [transport.relay(2), transport.relay(2), transport.relay(2)] == [2, 1, 0]
    assert log() == [("a", 1, "sent"), ("b", 2, "sent"), ("c", 3, "sent")]


@pytest.mark.django_db
def test_offsets_go_on_when_the_log_was_deleted() -> None:
    seen = group()
    tell(("a", 1), ("b", 1))
    drain_events()
    OutboxEvent.objects.all().delete()

    tell(("c", 1))
    drain_events()

    assert seen == [("a", 1), ("b", 1), ("c", 1)]
    assert log() == [("c", 3, "sent")]


@pytest.mark.django_db
def test_an_idle_relay_takes_no_lock() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert InProcess(isolated=False).relay(500) == 0

    assert len(captured) == 1


@pytest.mark.django_db
def test_the_relay_costs_the_same_for_few_and_many() -> None:
    counts = []
    for number in (2, 200):
        tell(*((f"t{one}", number) for one in range(number)))
        transport = InProcess(isolated=False)
        with CaptureQueriesContext(connection) as captured:
            assert transport.relay(500) == number
        counts.append(len([one for one in captured if "SAVEPOINT" not in one["sql"]]))

    assert counts[1] <= counts[0]


@pytest.mark.postgres
@committed
def test_an_event_written_earlier_and_committed_later_is_not_passed_over() -> None:
    seen = group()
    transport = InProcess(isolated=False)
    reader = transport.subscribe(only_group())

    with transaction.atomic():
        publish(Moved(thing="early", step=1))
        elsewhere(lambda: tell(("late", 1)))
        relayed_within = elsewhere(lambda: transport.relay(500))
        deliver(only_group(), elsewhere(lambda: reader.fetch(500)))  # type: ignore[arg-type]
    relayed_after = transport.relay(500)
    deliver(only_group(), reader.fetch(500))

    assert (relayed_within, relayed_after) == (1, 1)
    assert sorted(seen) == [("early", 1), ("late", 1)]
    assert log() == [("early", 2, "sent"), ("late", 1, "sent")]


@pytest.mark.postgres
@committed
def test_a_reader_that_followed_positions_would_pass_it_over() -> None:
    """The trap itself, so that the test above is known to stand where it is."""
    with transaction.atomic():
        publish(Moved(thing="early", step=1))
        elsewhere(lambda: tell(("late", 1)))
        highest = elsewhere(lambda: OutboxEvent.objects.order_by("-position")[0].position)
    passed_over = OutboxEvent.objects.filter(position__lte=highest, subject="early")

    assert passed_over.exists()


@pytest.mark.postgres
@committed
def test_order_per_key_is_kept_under_concurrent_writers() -> None:
    keys = ("a", "b", "c")
    for key in keys:
        ConsumerGroup.objects.create(pk=key)
    seen = group(ordered=True)
    transport = InProcess(isolated=False)
    reader = transport.subscribe(only_group())

    def write(_: int) -> None:
        # The row of the key is locked, as services do; its number is the next step.
        try:
            for _round in range(10):
                for key in keys:
                    with transaction.atomic():
                        row = ConsumerGroup.objects.select_for_update().get(pk=key)
                        row.committed_offset += 1
                        row.save()
                        publish(Moved(thing=key, step=row.committed_offset))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        writers = [pool.submit(write, number) for number in range(4)]
        while not all(writer.done() for writer in writers) or transport.relay(7):
            transport.relay(7)
            deliver(only_group(), reader.fetch(5))
        for writer in writers:
            writer.result()
    while arrived := reader.fetch(5):
        deliver(only_group(), arrived)

    for key in keys:
        assert [step for thing, step in seen if thing == key] == list(range(1, 41))


@pytest.mark.django_db
def test_events_of_others_are_passed_over_and_counted_as_read() -> None:
    group()
    transport = InProcess(isolated=False)
    tell(*(("a", step) for step in range(5)))
    OutboxEvent.objects.update(type="tests.other.moved.v1")
    transport.relay(500)
    reader = transport.subscribe(only_group())

    assert reader.fetch(2) == []
    reader.commit()

    assert ConsumerGroup.objects.get().committed_offset == 5


@pytest.mark.django_db
def test_a_group_that_stands_still_writes_nothing() -> None:
    group()
    reader = InProcess(isolated=False).subscribe(only_group())

    with CaptureQueriesContext(connection) as captured:
        reader.fetch(10)
        reader.commit()

    assert [one["sql"].split()[0] for one in captured] == ["SELECT"]


@pytest.mark.django_db
def test_isolated_events_reach_who_is_here_and_are_never_marked_sent() -> None:
    here, isolated = group("tests.here"), InProcess(isolated=True)
    tell(("a", 1))
    isolated.take_over()

    assert (isolated.relay(500), isolated.relay(500)) == (1, 0)
    deliver(only_group(), isolated.subscribe(only_group()).fetch(10))
    assert here == [("a", 1)]
    assert log() == [("a", 1, "local")]

    # One day everybody is here: what is new reads it all, what was here does nothing twice.
    absent, complete = group("tests.absent"), InProcess(isolated=False)
    complete.take_over()
    drain_events()
    tell(("a", 2))
    drain_events()

    assert log() == [("a", 1, "sent"), ("a", 2, "sent")]
    assert absent == here == [("a", 1), ("a", 2)]


@committed
def test_one_relay_at_a_time_and_the_next_when_it_stops() -> None:
    transport = InProcess(isolated=False)
    first, second = Relay(transport), Relay(transport)
    tell(("a", 1))
    assert first.step() == 1
    assert first.active
    assert notifier.relay_is_here
    tell(("b", 1))

    assert elsewhere(second.step) == 0
    assert not second.active
    first.stop()
    assert elsewhere(second.step) == 1

    assert log() == [("a", 1, "sent"), ("b", 2, "sent")]


@committed
def test_a_claim_is_kept_by_one_until_it_gives_it_up() -> None:
    mine, other = claim("tests"), claim("tests")

    assert mine.hold()
    assert mine.hold()
    assert elsewhere(other.hold) is False
    mine.give_up()
    assert elsewhere(other.hold) is True


@pytest.mark.postgres
@committed
def test_a_lock_ends_with_its_connection() -> None:
    mine, other = claim("tests"), claim("tests")
    mine.hold()

    connection.close()

    assert elsewhere(other.hold) is True


@pytest.mark.django_db
def test_a_lease_that_is_not_renewed_goes_to_who_asks_next(moved: MovableClock) -> None:
    mine, other = LeaseRow("tests"), LeaseRow("tests")
    assert mine.hold()
    moved.by(seconds=LEASE.total_seconds() - 1)
    assert not other.hold()

    moved.by(seconds=1)

    assert other.hold()
    assert not mine.hold()
    mine.give_up()
    assert other.hold()


@pytest.mark.django_db
def test_a_lease_in_use_is_renewed_and_seldom_written(moved: MovableClock) -> None:
    mine, other = LeaseRow("tests"), LeaseRow("tests")
    mine.hold()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(10):
            moved.by(seconds=LEASE.total_seconds() / 3.5)
            assert mine.hold()
        assert not other.hold()

    assert len([one for one in captured if one["sql"].startswith("UPDATE")]) == 5
