"""Giving events once more, or up: counted, told as an event, and handled once all the same."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.events import DeadLettersDiscarded, EventsReplayed
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.events import replay
from kernel.events.in_process import InProcess
from kernel.events.inbox import redeliver, redelivery
from kernel.events.models import Handled, OutboxEvent, Redelivery, Replay
from kernel.events.publishing import publish
from kernel.events.redeliverer import groups_due
from kernel.events.replay import ask, cancel, count, discard_dead, give_up, perform, replay_dead
from kernel.events.replay_job import start
from kernel.ids import new_id
from kernel.testing.events import drain_events, published
from kernel.testing.jobs import drain
from tests.kernel.events.factories import Failing, Moved, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
TRANSPORT = InProcess(isolated=False)


TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"since": TIME, "until": TIME}, "a range ends after it begins"),
    ({"first_offset": 2, "last_offset": 1}, "a range ends where it begins or later"),
    ({}, "of a time, of offsets, or of dead letters"),
    ({"since": TIME, "first_offset": 1}, "of a time, of offsets, or of dead letters"),
    ({"since": TIME, "per_second": 0}, "1 to 100000 events a second, found 0"),
    ({"first_offset": 1}, "offsets are of a topic"),
]


def told() -> list[object]:
    """Return the events that were published about replays."""
    return [event for event in published() if not isinstance(event, Moved)]


def replayed(group: str = "tests.watch", **wanted: Any) -> int:
    """Do a replay at once, and return how many events it gave."""
    return perform(TRANSPORT, ask(Replay(group=group, **wanted)))


def run(*arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def five(moved: MovableClock) -> datetime:
    """Five events of a thing, a minute apart; return the time of the first."""
    start = moved.now
    for step in range(5):
        tell(("a", step))
        moved.by(minutes=1)
    return start


def test_a_dead_letter_is_handled_when_it_is_replayed(moved: MovableClock) -> None:
    failing = Failing(("a", 1), ("b", 1), error=ConflictError("no"))
    seen = group(fails=failing)
    tell(("a", 1), ("b", 1))
    drain_events()
    failing.for_.clear()

    assert replay_dead(Redelivery.objects.filter(partition_key="-/a")) == 1
    drain_events()

    assert seen == [("a", 1)]
    assert told() == [EventsReplayed(group="tests.watch", count=1)]
    states = dict(Redelivery.objects.values_list("partition_key", "state"))
    assert states == {"-/a": "handled", "-/b": "dead"}
    assert replay_dead(Redelivery.objects.filter(partition_key="-/a")) == 0


def test_a_replayed_dead_letter_has_all_its_attempts_again(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1)))
    tell(("a", 1))
    for _ in range(4):
        drain_events()
        moved.by(minutes=11)
    assert Redelivery.objects.get().state == "dead"

    replay_dead(Redelivery.objects.all())
    drain_events()

    letter = Redelivery.objects.get()
    assert (letter.state, letter.attempts) == ("waiting", 1)


def test_a_key_goes_on_when_its_first_event_is_given_up(moved: MovableClock) -> None:
    seen = group(ordered=True, fails=Failing(("a", 1)))
    tell(("a", 1), ("a", 2))
    drain_events()

    assert give_up(Redelivery.objects.filter(attempts__gt=0)) == 1
    drain_events()

    assert seen == [("a", 2)]
    assert sorted(Redelivery.objects.values_list("state", flat=True)) == ["dead", "handled"]


def test_a_discarded_dead_letter_is_kept_and_told(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1))
    drain_events()

    assert discard_dead(Redelivery.objects.all()) == 1

    assert Redelivery.objects.get().state == "discarded"
    assert told() == [DeadLettersDiscarded(group="tests.watch", count=1)]
    assert replay_dead(Redelivery.objects.all()) == 0


def test_a_range_gives_a_group_what_it_has_missed_and_no_other(
    five: datetime, moved: MovableClock
) -> None:
    seen, other = group(), group("tests.other")
    drain_events()
    Handled.objects.filter(group="tests.watch").delete()
    seen.clear()
    other.clear()

    since, until = five + MINUTE, five + 3 * MINUTE
    assert count(TRANSPORT, Replay(group="tests.watch", since=since, until=until)) == 2
    assert seen == []
    assert replayed(since=since, until=until) == 2
    drain_events()

    assert (seen, other) == ([("a", 1), ("a", 2)], [])
    assert told() == [EventsReplayed(group="tests.watch", count=2, since=since, until=until)]


def test_what_was_handled_is_left_out_unless_it_is_asked_for(five: datetime) -> None:
    seen = group()
    drain_events()
    until = five + 5 * MINUTE

    assert replayed(since=five, until=until) == 0
    assert count(TRANSPORT, Replay(group="tests.watch", since=five, until=until, again=True)) == 5
    assert replayed(since=five, until=until, again=True) == 5
    drain_events()
    drain_events()

    assert seen == [("a", step) for step in range(5)] * 2


def test_a_replay_can_be_slowed_down(five: datetime, moved: MovableClock) -> None:
    seen = group()
    drain_events()
    seen.clear()

    replayed(since=five, until=moved.now, again=True, per_second=2)
    drain_events()
    assert len(seen) == 1
    moved.by(seconds=1)
    drain_events()

    assert len(seen) == 3


def test_a_replay_that_is_started_twice_handles_once(five: datetime, moved: MovableClock) -> None:
    seen = group()
    drain_events()
    seen.clear()

    for _ in range(2):
        replayed(since=five, until=moved.now, again=True)
    drain_events()

    assert seen == [("a", step) for step in range(5)]


def test_a_range_of_offsets_is_given(five: datetime) -> None:
    seen = group()
    drain_events()
    seen.clear()

    assert replayed(topic="tests.thing", first_offset=2, last_offset=3, again=True) == 2
    assert replayed(topic="tests.thing", first_offset=5, again=True) == 1
    assert replayed(topic="tests.other", first_offset=1, again=True) == 0
    drain_events()

    assert seen == [("a", 1), ("a", 2), ("a", 4)]


def test_a_range_is_given_of_one_tenant_or_one_type_alone(
    five: datetime, moved: MovableClock
) -> None:
    seen = group()
    ours = new_id()
    with transaction.atomic():
        publish(Moved(thing="b", step=1), tenant_id=ours)
    moved.by(seconds=1)
    drain_events()
    seen.clear()

    assert replayed(since=five, again=True, type="tests.thing.stopped.v1") == 0
    assert replayed(since=five, again=True, tenant_id=ours) == 1
    drain_events()

    assert seen == [("b", 1)]


def test_dead_letters_of_one_reason_are_given_at_their_pace(moved: MovableClock) -> None:
    failing = Failing(*[("a", step) for step in range(3)], error=ConflictError("no"))
    seen = group(fails=failing)
    tell(*[("a", step) for step in range(3)])
    drain_events()
    first = Redelivery.objects.order_by("id").first()
    assert first
    Redelivery.objects.filter(pk=first.pk).update(error_code="OTHER")
    failing.for_.clear()

    assert count(TRANSPORT, Replay(group="tests.watch", dead=True, error_code="CONFLICT")) == 2
    moved.by(seconds=1)
    assert replayed(dead=True, error_code="CONFLICT", per_second=1) == 2
    drain_events()
    assert seen == [("a", 1)]
    moved.by(seconds=1)
    drain_events()

    assert seen == [("a", 1), ("a", 2)]
    first.refresh_from_db()
    assert first.state == "dead"


def test_a_replay_that_was_broken_off_gives_the_rest(
    five: datetime, moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "GIVEN_AT_ONCE", 2)
    seen = group()
    drain_events()
    seen.clear()
    asked = ask(Replay(group="tests.watch", since=five, again=True))

    def die(given: int) -> None:
        if given == 4:
            raise RuntimeError("the worker is gone")

    with pytest.raises(RuntimeError):
        perform(TRANSPORT, asked, die)
    drain_events()
    moved.by(seconds=1)
    assert seen == [("a", step) for step in range(4)]

    assert perform(TRANSPORT, asked) == 5
    drain_events()

    assert seen == [("a", step) for step in range(5)]
    asked.refresh_from_db()
    assert (asked.state, asked.given) == ("done", 5)


def test_a_cancelled_replay_takes_back_what_was_not_tried(
    five: datetime, moved: MovableClock
) -> None:
    seen = group(fails=Failing(("a", 0), error=ConflictError("no")))
    drain_events()
    seen.clear()
    asked = ask(Replay(group="tests.watch", since=five, again=True, per_second=1))
    perform(TRANSPORT, asked)
    moved.by(seconds=2)
    drain_events()

    assert cancel(asked) == 2
    moved.by(minutes=1)
    drain_events()

    assert seen == [("a", 1), ("a", 2)]
    asked.refresh_from_db()
    assert (asked.state, asked.given) == ("cancelled", 3)
    assert cancel(asked) == 0
    last = told()[-1]
    assert isinstance(last, EventsReplayed)
    assert (last.cancelled, last.count) == (True, 3)
    # As before: one dead letter, the others handled.
    assert Handled.objects.count() == 4
    assert Redelivery.objects.filter(state="dead").count() == 1
    assert not Redelivery.objects.filter(state="waiting").exists()


def test_what_a_short_transaction_left_out_keeps_its_mark(
    five: datetime, moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.events.inbox.TOGETHER_SECONDS", 0)
    seen = group()
    drain_events()
    seen.clear()
    asked = ask(Replay(group="tests.watch", since=five, again=True))
    perform(TRANSPORT, asked)

    handled = redeliver(only_group(), 3)
    cancel(asked)
    drain_events()

    assert (handled, len(seen)) == (3, 3)
    assert Handled.objects.count() == 5


def test_a_replay_ends_at_its_next_step_when_it_is_cancelled(
    five: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "GIVEN_AT_ONCE", 2)
    seen = group()
    drain_events()
    seen.clear()
    asked = ask(Replay(group="tests.watch", since=five, again=True))

    def end(_given: int) -> None:
        cancel(asked)

    perform(TRANSPORT, asked, end)
    drain_events()

    assert seen == []
    assert Handled.objects.count() == 5
    asked.refresh_from_db()
    assert (asked.state, asked.given) == ("cancelled", 0)


def test_dead_letters_are_dead_again_when_their_replay_is_cancelled(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1))
    drain_events()
    moved.by(seconds=1)
    asked = ask(Replay(group="tests.watch", dead=True))
    perform(TRANSPORT, asked)

    assert cancel(asked) == 1

    letter = Redelivery.objects.get()
    assert (letter.state, letter.error_code) == ("dead", "CONFLICT")


def test_what_is_given_is_kept_as_what_failed_is(five: datetime) -> None:
    group()
    with transaction.atomic():
        publish(Moved(thing="\N{SNOWMAN}", step=6), tenant_id=new_id())
    drain_events()
    arrivals = [one for some in TRANSPORT.history(only_group(), five, clock.now()) for one in some]
    asked = ask(Replay(group="tests.watch", since=five, again=True, per_second=2))

    perform(TRANSPORT, asked)

    told = ("group", "event_id", "type", "tenant_id", "partition_key", "envelope", "origin")
    failed = [redelivery(only_group(), arrival) for arrival in arrivals]
    for number, (row, kept) in enumerate(
        zip(Redelivery.objects.order_by("id"), failed, strict=True)
    ):
        assert [getattr(row, name) for name in told] == [getattr(kept, name) for name in told]
        assert (row.state, row.attempts, row.again) == ("waiting", 0, True)
        assert (row.replay_id, row.told, row.settled_at) == (asked.pk, False, None)
        assert row.due_at == asked.asked_at + timedelta(seconds=number / 2)


def test_what_the_log_has_twice_is_given_once(
    five: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = group()
    drain_events()
    seen.clear()
    arrivals = [one for some in TRANSPORT.history(only_group(), five, clock.now()) for one in some]
    monkeypatch.setattr(InProcess, "history", lambda *_: iter([arrivals + arrivals]))

    assert replayed(since=five, again=True) == 5
    drain_events()

    assert seen == [("a", step) for step in range(5)]


def test_whose_turn_has_come_is_found_without_reading_all_that_was_given(
    five: datetime, moved: MovableClock
) -> None:
    for name in ("tests.early", "tests.late", "tests.idle"):
        group(name)
    drain_events()
    for name in ("tests.early", "tests.late"):
        replayed(name, since=five, again=True)
    Redelivery.objects.filter(group="tests.late").update(due_at=moved.now + MINUTE)

    with CaptureQueriesContext(connection) as captured:
        due = groups_due(["tests.early", "tests.late", "tests.idle"])

    assert due == {"tests.early"}
    # Whether there is one, and of which groups.
    assert ["LIMIT 1" in one["sql"] for one in captured] == [True] * 4


def test_a_replay_is_done_by_a_worker(five: datetime) -> None:
    seen = group()
    drain_events()
    seen.clear()

    asked = start(Replay(group="tests.watch", since=five, again=True))
    assert (asked.total, asked.given, seen) == (5, 0, [])
    drain()
    drain_events()

    assert seen == [("a", step) for step in range(5)]
    asked.refresh_from_db()
    assert (asked.state, asked.given) == ("done", 5)


def test_a_replay_that_fails_says_why_and_is_tried_again(
    five: datetime, moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = group()
    drain_events()
    seen.clear()
    asked = start(Replay(group="tests.watch", since=five, again=True))
    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "history", Failing.__call__)
        drain()
    asked.refresh_from_db()
    assert asked.state == "failed"
    assert asked.error_message.startswith("INTERNAL: ")

    moved.by(seconds=10)
    drain()
    drain_events()

    asked.refresh_from_db()
    assert (asked.state, asked.error_message) == ("done", "")
    assert len(seen) == 5


def test_what_makes_no_sense_is_refused(five: datetime) -> None:
    group()
    drain_events()

    with pytest.raises(NotFoundError, match=r"no consumer group tests\.other here"):
        replayed("tests.other", since=five, until=five + MINUTE)
    for wanted, told_so in NONSENSE:
        with pytest.raises(InvalidInputError, match=told_so):
            replayed(**wanted)

    assert told() == []
    assert Redelivery.objects.count() == 0


def test_the_command_counts_before_it_replays(five: datetime, moved: MovableClock) -> None:
    seen = group()
    drain_events()
    seen.clear()
    replay = ("replay", "--group", "tests.watch", "--again", "--since", "2026-03-01T12:01:00Z")

    assert run(*replay, "--dry-run") == "4 events would be given to tests.watch\n"
    assert told() == []
    assert json.loads(run(*replay, "--json")) == {
        "group": "tests.watch",
        "events": 4,
        "dry_run": False,
    }
    drain_events()

    assert seen == [("a", step) for step in range(1, 5)]


def test_the_command_replays_dead_letters(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1))
    drain_events()
    replay = ("replay", "--group", "tests.watch", "--dead")

    assert run(*replay, "--dry-run") == "1 events would be given to tests.watch\n"
    assert Redelivery.objects.get().state == "dead"
    assert run(*replay) == "1 events are given to tests.watch\n"

    assert Redelivery.objects.get().state == "waiting"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--group", "tests.other", "--since", "2026-03-01T12:00:00Z"),
        ("--group", "tests.watch", "--since", "2026-03-01T12:00:00"),
        ("--group", "tests.watch", "--since", "yesterday"),
        ("--group", "tests.watch"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(five: datetime, arguments: tuple[str]) -> None:
    group()

    with pytest.raises(CommandError) as refused:
        run("replay", *arguments)

    assert refused.value.returncode == 2 or "Error" in str(refused.value)


def test_the_command_shows_outbox_and_groups(five: datetime, moved: MovableClock) -> None:
    group(fails=Failing(("a", 0), error=ConflictError("no")))
    drain_events()
    tell(("b", 1))
    moved.by(seconds=7)

    shown = run("show").splitlines()
    outbox, state = (json.loads(line) for line in run("show", "--json").splitlines())

    assert shown[0] == (
        "events travel in process; outbox: 1 wait (7 s), 0 are kept for other services"
    )
    assert shown[2].split() == ["tests.watch", "1", "7", "s", "0", "1"]
    assert outbox == {"outbox": {"waiting": 1, "waiting_seconds": 7.0, "local": 0}}
    assert (state["group"], state["lag_events"], state["dead"]) == ("tests.watch", 1, 1)
    assert OutboxEvent.objects.count() == 6
