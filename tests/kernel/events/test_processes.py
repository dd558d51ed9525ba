"""Real processes, killed between any two steps: nothing is lost, nothing takes effect twice."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside, running, wait_for_line
from tests.nights import at_night

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).with_name("program.py")
EVENTS = 12
EXPECTED = [f"{number % 3} {number // 3}" for number in range(EVENTS)]

Program = Callable[..., str]
Process = AbstractContextManager[subprocess.Popen[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process beside the test is given."""
    return environment_beside(tmp_path)


@pytest.fixture
def program(environment: dict[str, str]) -> Program:
    """Run the program beside this test to its end, and return what it printed."""

    def run(*arguments: str) -> str:
        command = [sys.executable, str(PROGRAM), *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    return run


@pytest.fixture
def start(environment: dict[str, str]) -> Callable[..., Process]:
    """Start a process that relays and consumes."""

    def run(**more: str) -> Process:
        return running([sys.executable, str(PROGRAM), "run"], cwd=ROOT, env=environment | more)

    return run


def effects(program: Program) -> dict[str, list[str]]:
    """Return what each group has done, in order."""
    shown = [json.loads(line) for line in program("show").splitlines()]
    return {one["group"]: one["effects"] for one in shown}


def check(found: dict[str, list[str]]) -> None:
    """Every event took effect once in each group; in the ordered one in the order of its key."""
    for group in ("tests.ordered", "tests.plain"):
        assert Counter(found[group]) == Counter(EXPECTED), group
    for thing in "012":
        steps = [one for one in found["tests.ordered"] if one.startswith(thing)]
        assert steps == sorted(steps)


#: Each takes four processes: `make test` kills at one of them, `make test-all` at five.
FAULTS = [
    "inbox.after_commit:4",
    *(
        pytest.param(fault, marks=pytest.mark.live)
        for fault in (
            "relay.after_commit:1",
            "inbox.kept:1",
            "consumer.after_offset:1",
            "redelivery.before_settled:1",
        )
    ),
    *at_night("relay.before_commit:1", "inbox.before_commit:4", "consumer.before_offset:1"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_process_killed_anywhere_loses_nothing_and_does_nothing_twice(
    program: Program, start: Callable[..., Process], fault: str
) -> None:
    program("publish", str(EVENTS))

    with start(FAULT=fault) as process:
        process.communicate(timeout=180)
        assert process.returncode == -signal.SIGKILL
    program("finish")

    check(effects(program))


def test_what_another_process_publishes_is_handled_at_once(
    program: Program, start: Callable[..., Process]
) -> None:
    with start() as process:
        wait_for_line(process, "running")
        program("publish", str(EVENTS))
        said = wait_for_line(process, "tests.ordered 1 3")
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=180)

    assert process.returncode == 0, "".join(said) + rest
    program("finish")
    check(effects(program))


def test_two_processes_share_the_groups_and_do_nothing_twice(
    program: Program, start: Callable[..., Process]
) -> None:
    with start() as first, start() as second:
        for process in (first, second):
            wait_for_line(process, "running")
        program("publish", str(EVENTS))
        first.kill()
        first.wait()
        # On SQLite its lease has to end first.
        while sum(len(one) for one in effects(program).values()) < 2 * EVENTS:
            assert second.poll() is None
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=180)
        assert second.returncode == 0

    check(effects(program))
