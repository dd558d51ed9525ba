"""Schedulers and workers in processes of their own, killed: each time has one run, and is done."""

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kernel.testing.processes import environment_beside, wait_for_line
from tests.audit.beside import Beside
from tests.nights import at_night

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

SCHEDULES = 4
#: Hours between the beginnings of schedulers that are killed: more than any clock jumps.
APART = 30
#: Ways in which clocks jump.
JUMPS = 3
PROGRAM = str(Path(__file__).parent / "program.py")


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    environment = environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="scheduler")
    found = Beside(environment, PROGRAM)
    assert found.run("make", str(SCHEDULES))[0] == 0
    return found


def shown(beside: Beside, hours: int) -> dict[str, Any]:
    code, lines = beside.run("show", str(hours))
    assert code == 0
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def assert_whole(found: dict[str, Any], hours: int) -> None:
    """Each schedule has a run for each hour, one of each, and each was done."""
    assert found["lost"] == 0
    assert found["runs"] == found["times"] >= SCHEDULES * hours
    assert found["states"] == {"succeeded": found["runs"]}
    assert found["told"] == found["runs"]
    assert found["jobs_without_run"] == 0


@pytest.mark.parametrize("point", ["scheduler-claimed", *at_night("scheduler-runs-made")])
def test_a_scheduler_that_is_killed_in_a_claim_has_claimed_nothing(
    beside: Beside, point: str
) -> None:
    killed, said = beside.run("tick", "4", FAULT=f"{point}:2")
    between = shown(beside, 0)
    followed, _ = beside.run("tick", "4")
    assert beside.run("work")[0] == 0

    assert (killed, said, followed) == (-9, ["ticked 0"], 0)
    assert between["runs"] == SCHEDULES
    assert_whole(shown(beside, 4), 4)


@pytest.mark.parametrize(
    "point",
    ["scheduler-run-done", *at_night("scheduler-run-begun", "scheduler-run-finished")],
)
def test_a_run_whose_worker_is_killed_is_done_by_another(beside: Beside, point: str) -> None:
    assert beside.run("tick", "2")[0] == 0

    killed, _ = beside.run("work", FAULT=f"{point}:3")
    followed, _ = beside.run("work")

    assert (killed, followed) == (-9, 0)
    assert_whole(shown(beside, 2), 2)


@pytest.mark.parametrize("kills", [3, *at_night(int(os.environ.get("KILLS", "1000")))])
def test_schedulers_are_killed_beside_each_other_while_clocks_jump(
    beside: Beside, kills: int
) -> None:
    hours = kills * APART + 12
    with ExitStack() as stack:
        steady = beside.start(stack, "tick", str(hours), PAUSE="0.5")
        for number in range(kills):
            # Each finds what nobody has claimed yet, however far the others came.
            first = number * APART
            with ExitStack() as alone:
                jump = str(number % JUMPS)
                other = beside.start(alone, "tick", str(hours), str(first), JUMP=jump)
                wait_for_line(other, rf"ticked {first + 1 + number % 5}$")
                other.kill()
        steady.kill()
    assert beside.run("tick", str(hours))[0] == 0
    assert beside.run("work")[0] == 0

    assert_whole(shown(beside, hours), hours)
