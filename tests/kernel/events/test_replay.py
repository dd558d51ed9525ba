"""Giving events once more, or up: counted, told as an event, and handled once all the same."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.events import DeadLettersDiscarded, EventsReplayed
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.events.in_process import InProcess
from kernel.events.models import Handled, OutboxEvent, Redelivery
from kernel.events.replay import (
    count_range,
    discard_dead,
    give_up,
    replay_dead,
    replay_range,
)
from kernel.testing.events import drain_events, published
from tests.kernel.events.factories import Failing, Moved, group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
TRANSPORT = InProcess(isolated=False)


def told() -> list[object]:
    """Return the events that were published about replays."""
    return [event for event in published() if not isinstance(event, Moved)]


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
    assert count_range(TRANSPORT, "tests.watch", since=since, until=until) == 2
    assert seen == []
    assert replay_range(TRANSPORT, "tests.watch", since=since, until=until) == 2
    drain_events()

    assert (seen, other) == ([("a", 1), ("a", 2)], [])
    assert told() == [EventsReplayed(group="tests.watch", count=2, since=since, until=until)]


def test_what_was_handled_is_left_out_unless_it_is_asked_for(five: datetime) -> None:
    seen = group()
    drain_events()
    until = five + 5 * MINUTE

    assert replay_range(TRANSPORT, "tests.watch", since=five, until=until) == 0
    assert count_range(TRANSPORT, "tests.watch", since=five, until=until, again=True) == 5
    assert replay_range(TRANSPORT, "tests.watch", since=five, until=until, again=True) == 5
    drain_events()
    drain_events()

    assert seen == [("a", step) for step in range(5)] * 2


def test_a_replay_can_be_slowed_down(five: datetime, moved: MovableClock) -> None:
    seen = group()
    drain_events()
    seen.clear()

    replay_range(TRANSPORT, "tests.watch", since=five, until=moved.now, again=True, per_second=2)
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
        replay_range(TRANSPORT, "tests.watch", since=five, until=moved.now, again=True)
    drain_events()

    assert seen == [("a", step) for step in range(5)]


def test_what_makes_no_sense_is_refused(five: datetime) -> None:
    group()
    drain_events()

    with pytest.raises(NotFoundError, match=r"no consumer group tests\.other here"):
        replay_range(TRANSPORT, "tests.other", since=five, until=five + MINUTE)
    with pytest.raises(InvalidInputError, match="a range ends after it begins"):
        replay_range(TRANSPORT, "tests.watch", since=five, until=five)

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
