"""Real processes that share a group, come, go and are killed: nothing is lost, nothing twice."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside, running, wait_for_line
from tests.kernel.events.patient import wait_until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).parent.with_name("program.py")
EVENTS, THINGS = 600, 12
EXPECTED = [f"{number % THINGS} {number // THINGS}" for number in range(EVENTS)]


class Members:
    """Processes that read for the same two groups, on one database."""

    def __init__(self, environment: dict[str, str], ends: ExitStack) -> None:
        self.environment = environment
        self.ends = ends

    def do(self, *arguments: str) -> str:
        command = [sys.executable, str(PROGRAM), *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=self.environment, text=True)

    def join(self, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAM), "read"]
        process = self.ends.enter_context(running(command, cwd=ROOT, env=self.environment | more))
        wait_for_line(process, "reading")
        return process

    def effects(self) -> dict[str, list[str]]:
        shown = [json.loads(line) for line in self.do("show").splitlines()]
        return {one["group"]: one["effects"] for one in shown}

    def wait_for(self, count: int) -> dict[str, list[str]]:
        """Return what was done, when each group has done so much."""
        found: dict[str, list[str]] = {}

        def done() -> bool:
            found.update(self.effects())
            return all(len(effects) >= count for effects in found.values())

        wait_until(done, seconds=180)
        return found


@pytest.fixture
def members(kafka: dict[str, str], tmp_path: Path) -> Iterator[Members]:
    environment = environment_beside(tmp_path) | {
        "KAFKA_BOOTSTRAP_SERVERS": settings.KAFKA_BOOTSTRAP_SERVERS[0],
        "KAFKA_PREFIX": settings.KAFKA_PREFIX,
        "KAFKA_PARTITIONS": "4",
        "THINGS": str(THINGS),
        # Long enough for members to come and go meanwhile.
        "SECONDS": "0.004",
        "LOG_LEVEL": "ERROR",
    }
    with ExitStack() as ends:
        made = Members(environment, ends)
        made.do("publish", str(EVENTS))
        made.do("send")
        yield made


def check(found: dict[str, list[str]]) -> None:
    """Every event took effect once in each group; in the ordered one in the order of its key."""
    for group, effects in found.items():
        assert Counter(effects) == Counter(EXPECTED), group
    for thing in range(THINGS):
        steps = [
            int(one.split()[1]) for one in found["tests.ordered"] if one.split()[0] == str(thing)
        ]
        assert steps == sorted(steps)


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_members_come_and_go_and_are_killed(members: Members, protocol: str) -> None:
    members.environment["KAFKA_GROUP_PROTOCOL"] = protocol

    first = members.join()
    members.wait_for(EVENTS // 10)
    second = members.join()
    third = members.join()
    members.wait_for(EVENTS // 4)
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    second.kill()
    members.join()
    found = members.wait_for(EVENTS)
    third.send_signal(signal.SIGTERM)

    assert third.wait(20) == 0
    check(found)


def test_one_that_is_killed_and_started_anew_under_its_name_goes_on(members: Members) -> None:
    members.environment["KAFKA_INSTANCE_ID"] = "one"
    first = members.join()
    members.wait_for(EVENTS // 4)

    first.kill()
    members.join()

    check(members.wait_for(EVENTS))
