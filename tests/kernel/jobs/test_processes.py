"""Real workers, killed and told to stop: nothing is lost, nothing takes effect twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside, running, wait_for_line

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).with_name("program.py")

Program = Callable[..., str]
Worker = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process beside the test is given."""
    return environment_beside(tmp_path, SERVICES=settings.SERVICES[0])


@pytest.fixture
def program(environment: dict[str, str]) -> Program:
    """Run the program beside this test to its end, and return what it printed."""

    def run(*arguments: str) -> str:
        command = [sys.executable, str(PROGRAM), *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    return run


@pytest.fixture
def worker(environment: dict[str, str]) -> Worker:
    """Start a worker with one thread and a lease of a second."""

    def start(**more: str) -> AbstractContextManager[subprocess.Popen[str]]:
        command = [sys.executable, str(PROGRAM), "work"]
        return running(command, cwd=ROOT, env=environment | more)

    return start


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe at which jobs wait until something is written into it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def ended(process: subprocess.Popen[str]) -> str:
    """Tell a worker to stop; return what it still printed, once it has ended well."""
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    return rest


def test_a_killed_workers_job_is_done_by_another_and_takes_effect_once(
    program: Program, worker: Worker, gate: Path
) -> None:
    program("enqueue", "1")
    with worker(GATE=str(gate)) as first:
        wait_for_line(first, "began 0")
        first.kill()
        first.wait()
    assert json.loads(program("show"))[0] == ["tests.work", "0", "running", 1]

    with worker() as second:
        printed = "".join(wait_for_line(second, "began 0"))
        if "effect of 0" not in printed:
            printed += "".join(wait_for_line(second, "effect of 0"))
        printed += ended(second)

    # Its effect waited in the queue, and was taken up before or after the job itself.
    shown = json.loads(program("show"))
    assert shown == [["tests.work", "0", "done", 2], ["tests.effect", "0", "done", 1]]
    assert printed.count("effect of 0\n") == 1


def test_workers_share_the_jobs_without_doing_one_twice(program: Program, worker: Worker) -> None:
    program("enqueue", "100")

    with worker() as first, worker() as second:
        # Not by what one of them prints: which of the two does a job is for nobody to say.
        while {state for _, _, state, _ in json.loads(program("show"))} != {"done"}:
            assert (first.poll(), second.poll()) == (None, None)
        printed = ended(first) + ended(second)

    shown = json.loads(program("show"))
    assert [attempts for *_, attempts in shown] == [1] * 200
    effects = [line for line in printed.splitlines() if line.startswith("effect of ")]
    assert sorted(effects) == sorted(f"effect of {number}" for number in range(100))


def test_a_worker_told_to_stop_lets_its_job_end(
    program: Program, worker: Worker, gate: Path
) -> None:
    program("enqueue", "2")
    with worker(GATE=str(gate)) as process:
        wait_for_line(process, "began 0")

        process.send_signal(signal.SIGTERM)
        # Or the job might end before the worker, on a busy machine, knows that it is to stop.
        time.sleep(1)
        gate.write_bytes(b"open")
        ended(process)

    assert json.loads(program("show")) == [
        ["tests.work", "0", "done", 1],
        ["tests.work", "1", "queued", 0],
        ["tests.effect", "0", "queued", 0],
    ]


def test_a_worker_told_to_stop_gives_back_a_job_that_takes_too_long(
    program: Program, worker: Worker, gate: Path
) -> None:
    program("enqueue", "1")
    with worker(GATE=str(gate), STOP_TIMEOUT="100ms") as process:
        wait_for_line(process, "began 0")

        said = ended(process)

    assert "1 jobs outlast the stop and are given back" in said
    assert json.loads(program("show")) == [
        ["tests.work", "0", "queued", 1],
        ["tests.effect", "0", "queued", 0],
    ]


def test_a_job_that_waits_in_c_for_ever_is_ended_with_its_process_which_begins_anew(
    program: Program, worker: Worker
) -> None:
    program("stick")
    with worker(GATE="") as process:
        wait_for_line(process, "sticks")
        wait_for_line(process, "begins anew")
        assert json.loads(program("show")) == [["tests.stick", "", "failed", 1]]

        # It is the same process, and works again.
        program("enqueue", "1")
        wait_for_line(process, "began 0")
        ended(process)
