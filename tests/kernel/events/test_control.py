"""What a person does to a group is put on record, by command as by screen."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.event import Event
from contracts.events import GroupPaused, GroupResumed, OffsetsReset
from kernel.errors import ConflictError, NotFoundError, UnavailableError
from kernel.events.consumer import Consumer
from kernel.events.control import pause, reset, resume
from kernel.events.in_process import InProcess
from kernel.events.models import ConsumerGroup, Handled, OutboxEvent
from kernel.events.registry import groups_of
from kernel.events.transport import Move, Start
from kernel.tenancy.context import PLATFORM
from kernel.testing.events import published
from tests.kernel.events.factories import Moved, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db

GROUP = "tests.watch"
TRANSPORT = InProcess(isolated=False)


def told() -> list[Event]:
    """Return the events that were published about groups."""
    return [event for event in published() if not isinstance(event, Moved)]


def run(*arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


def consume(consumer: Consumer | None = None) -> None:
    """Hand over what waits, and let a consumer handle it all."""
    while TRANSPORT.relay(100):
        pass
    reader = consumer or Consumer(TRANSPORT, groups_of())
    while reader.step():
        pass
    if consumer is None:
        reader.stop()


def test_who_pauses_and_resumes_is_told_once_and_of_no_tenant(moved: MovableClock) -> None:
    group()

    assert [pause(GROUP), pause(GROUP), resume(GROUP), resume(GROUP)] == [True, False, True, False]

    assert told() == [GroupPaused(group=GROUP), GroupResumed(group=GROUP)]
    assert set(OutboxEvent.objects.values_list("tenant_id", flat=True)) == {PLATFORM}
    assert not ConsumerGroup.objects.filter(paused=True).exists()


def test_a_group_says_since_when_and_by_whom_it_is_paused(moved: MovableClock) -> None:
    group()
    pause(GROUP)

    row = ConsumerGroup.objects.get()

    assert (row.paused_at, row.paused_by) == (moved.now, "Septet")


def test_a_group_that_is_not_here_is_refused() -> None:
    group()

    for act in (pause, resume, lambda name: reset(TRANSPORT, name, "end")):
        with pytest.raises(NotFoundError, match=r"no consumer group tests\.other here"):
            act("tests.other")

    assert told() == []
    assert not ConsumerGroup.objects.exists()


def test_a_group_that_reads_is_not_put_elsewhere(moved: MovableClock) -> None:
    group()
    tell(("a", 1))
    consume()

    with pytest.raises(ConflictError, match="pause it first"):
        reset(TRANSPORT, GROUP, "beginning")

    assert ConsumerGroup.objects.get().committed_offset == 1
    assert told() == []


def test_a_reader_that_was_overtaken_leaves_the_mark_where_it_is(moved: MovableClock) -> None:
    group()
    tell(("a", 1), ("a", 2), ("a", 3))
    TRANSPORT.relay(100)
    overtaken, reader = (TRANSPORT.subscribe(only_group()) for _ in range(2))
    overtaken.fetch(1)
    reader.fetch(3)
    reader.commit()

    with pytest.raises(ConflictError, match="moved by somebody else"):
        overtaken.commit()

    assert ConsumerGroup.objects.get().committed_offset == 3


def test_a_mark_that_a_person_put_where_it_was_is_not_moved_by_who_read_before(
    moved: MovableClock,
) -> None:
    group()
    tell(("a", 1))
    TRANSPORT.relay(100)
    overtaken = TRANSPORT.subscribe(only_group())
    overtaken.fetch(1)
    moved.by(seconds=11)
    TRANSPORT.reset_offsets(only_group(), "beginning")

    with pytest.raises(ConflictError):
        overtaken.commit()

    assert ConsumerGroup.objects.get().committed_offset == 0


@pytest.mark.parametrize(
    ("to", "expected", "offset"),
    [
        ("beginning", Move(again=3, left_out=0), 0),
        ("end", Move(again=0, left_out=2), 5),
        (timedelta(minutes=1), Move(again=2, left_out=0), 1),
        (timedelta(minutes=4), Move(again=0, left_out=1), 4),
        (timedelta(minutes=9), Move(again=0, left_out=2), 5),
    ],
)
def test_a_group_is_put_to_another_place(
    moved: MovableClock, to: Start | timedelta, expected: Move, offset: int
) -> None:
    group()
    start = moved.now
    for step in range(5):
        tell(("a", step))
        moved.by(minutes=1)
    TRANSPORT.relay(100)
    reader = TRANSPORT.subscribe(only_group())
    reader.fetch(3)
    reader.commit()
    pause(GROUP)
    place: Start = start + to if isinstance(to, timedelta) else to

    assert TRANSPORT.distance(only_group(), place) == expected
    assert reset(TRANSPORT, GROUP, place) == expected

    assert ConsumerGroup.objects.get().committed_offset == offset
    timed = isinstance(to, timedelta)
    assert told()[1:] == [
        OffsetsReset(
            group=GROUP,
            place="time" if timed else str(to),
            time=start + to if isinstance(to, timedelta) else None,
            again=expected.again,
            left_out=expected.left_out,
        )
    ]


def test_what_was_handled_is_not_handled_again_after_a_reset(moved: MovableClock) -> None:
    seen = group()
    tell(("a", 1), ("a", 2), ("a", 3))
    consume()
    Handled.objects.get(event_id=OutboxEvent.objects.get(offset=2).event_id).delete()
    seen.clear()
    pause(GROUP)

    reset(TRANSPORT, GROUP, "beginning")
    resume(GROUP)
    consume()

    assert seen == [("a", 2)]


def test_the_commands_pause_reset_and_resume(moved: MovableClock) -> None:
    seen = group()
    tell(("a", 1), ("a", 2))
    consume()

    assert run("pause", "--group", GROUP) == "tests.watch is paused\n"
    assert run("groups").splitlines()[1].split()[-1] == "paused"
    assert json.loads(run("groups", "--json"))["paused_by"] == "Septet"
    assert run("reset", "--group", GROUP, "--to", "beginning", "--dry-run") == (
        "tests.watch would read on from beginning: 2 events are brought once more, and those that"
        " it has handled left alone\n"
    )
    assert ConsumerGroup.objects.get().committed_offset == 2
    done = run("reset", "--group", GROUP, "--to", "beginning", "--json")
    assert json.loads(done) == {
        "group": GROUP,
        "dry_run": False,
        "to": "beginning",
        "again": 2,
        "left_out": 0,
    }
    assert run("resume", "--group", GROUP) == "tests.watch goes on\n"
    assert json.loads(run("resume", "--group", GROUP, "--json")) == {
        "group": GROUP,
        "paused": False,
        "changed": False,
    }
    consume()

    assert seen == [("a", 1), ("a", 2)]


def test_groups_are_shown_while_brokers_are_away(
    moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group()
    group("tests.other")
    asked = []

    def away(_transport: InProcess, name: str, _types: object) -> None:
        asked.append(name)
        raise UnavailableError("no broker answers")

    monkeypatch.setattr(InProcess, "lag", away)

    shown = run("groups").splitlines()

    assert [line.split()[:2] for line in shown[1:]] == [["tests.other", "?"], ["tests.watch", "?"]]
    # Each of them would be waited for.
    assert len(asked) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "--group", "tests.other"),
        ("reset", "--group", GROUP, "--to", "end"),
        ("reset", "--group", GROUP, "--to", "2026-03-01T12:00:00"),
        ("reset", "--group", GROUP, "--to", "yesterday"),
    ],
)
def test_the_commands_refuse_what_makes_no_sense(arguments: tuple[str, ...]) -> None:
    group()

    with pytest.raises(CommandError) as refused:
        run(*arguments)

    assert refused.value.returncode == 2 or "Error" in str(refused.value)
    assert told() == []
