"""What people decide about a group: it is paused, goes on, or begins elsewhere."""

from datetime import timedelta

import pytest

from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.events import groups
from kernel.events.consumer import Consumer
from kernel.events.groups import Pauses, pause, reset_offsets, resume
from kernel.events.in_process import InProcess
from kernel.events.leases import LeaseRow
from kernel.events.models import Handled, Redelivery
from kernel.events.registry import groups_of
from kernel.events.relay import Relay
from kernel.events.transport import Place, Start
from tests.kernel.events.factories import Failing, Seen, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db
NAME = "tests.watch"


@pytest.fixture
def transport() -> InProcess:
    return InProcess(isolated=False)


@pytest.fixture(autouse=True)
def _seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LOOK_SECONDS", 0)


def everything(transport: InProcess, *, of: Consumer) -> None:
    relay = Relay(transport)
    while relay.step() + of.step():
        pass


def test_a_paused_group_is_brought_nothing_until_it_is_resumed(
    transport: InProcess, moved: MovableClock
) -> None:
    failing = Failing(("a", 1))
    seen, other = group(fails=failing), group("tests.other")
    consumer = Consumer(transport, groups_of())
    tell(("a", 1))
    everything(transport, of=consumer)
    failing.for_.clear()

    changed = [pause(NAME), pause(NAME)]
    moved.by(minutes=1)
    tell(("a", 2))
    everything(transport, of=consumer)
    while_paused = list(seen)
    changed += [resume(NAME), resume(NAME)]
    everything(transport, of=consumer)

    assert while_paused == []
    assert seen == other == [("a", 1), ("a", 2)]
    assert changed == [True, False, True, False]


def test_a_pause_is_seen_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LOOK_SECONDS", 1.0)
    now = [100.0]
    monkeypatch.setattr("kernel.events.groups.time.monotonic", lambda: now[0])
    group()
    pauses = Pauses()

    found = [pauses.names()]
    pause(NAME)
    for _ in range(2):
        now[0] += 0.5
        found.append(pauses.names())

    assert found == [frozenset(), frozenset(), frozenset({NAME})]


def seen_from(transport: InProcess, to: Start) -> list[Seen]:
    """Return what a group is brought again that is reset, its inbox forgotten."""
    pause(NAME)
    reset_offsets(transport, NAME, to)
    resume(NAME)
    found = transport.subscribe(only_group()).fetch(10)
    return [(one.envelope.data["thing"], one.envelope.data["step"]) for one in found]


def test_a_group_begins_again_where_it_is_told_to(
    transport: InProcess, moved: MovableClock
) -> None:
    start, seen = moved.now, group()
    for step in range(3):
        tell(("a", step))
        moved.by(minutes=1)
    consumer = Consumer(transport, groups_of())
    everything(transport, of=consumer)
    consumer.stop()

    assert seen_from(transport, "beginning") == seen
    assert seen_from(transport, "end") == []
    assert seen_from(transport, start + timedelta(minutes=2)) == seen[2:]
    assert seen_from(transport, start + timedelta(minutes=3)) == []
    assert seen_from(transport, Place(topic="tests.thing", offset=2)) == seen[1:]
    with pytest.raises(InvalidInputError):
        seen_from(transport, Place(topic="tests.thing", offset=5))


def test_what_was_handled_is_passed_over_after_a_reset(transport: InProcess) -> None:
    seen = group()
    tell(("a", 1))
    consumer = Consumer(transport, groups_of())
    everything(transport, of=consumer)
    pause(NAME)
    consumer.step()
    reset_offsets(transport, NAME, "beginning")
    resume(NAME)

    everything(transport, of=consumer)

    assert seen == [("a", 1)]
    assert (Handled.objects.count(), Redelivery.objects.count()) == (1, 0)


def test_a_group_that_is_read_for_is_not_moved(
    transport: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    group()
    # An advisory lock is of the session, which a test has only one of.
    for module in ("consumer", "in_process"):
        monkeypatch.setattr(f"kernel.events.{module}.claim", LeaseRow)
    consumer = Consumer(transport, groups_of())
    consumer.step()

    with pytest.raises(ConflictError, match="not paused"):
        reset_offsets(transport, NAME, "beginning")
    pause(NAME)
    with pytest.raises(ConflictError, match="still reads"):
        reset_offsets(transport, NAME, "beginning")
    consumer.step()
    reset_offsets(transport, NAME, "beginning")


def test_a_group_that_is_not_here_is_neither_paused_nor_moved(transport: InProcess) -> None:
    group()

    for act in (pause, resume, lambda name: reset_offsets(transport, name, "end")):
        with pytest.raises(NotFoundError, match=r"there are tests\.watch"):
            act("tests.other")
