"""Consoles and workers beside a test, on a broker of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from kernel.testing.processes import environment_beside, running, wait_for_line

ROOT = Path(settings.BASE_DIR)
PROGRAM = [sys.executable, str(Path(__file__).with_name("program.py"))]

Worker = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


class Console:
    """A process that enqueues and looks, as a web process would."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, verb: str, *arguments: Any, **named: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps([verb, arguments, named])}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        told = json.loads(line)
        assert not isinstance(told, dict), told
        return told


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file at which jobs wait until it is there."""
    return tmp_path / "gate"


@pytest.fixture
def environment(tmp_path: Path, gate: Path) -> dict[str, str]:
    """What processes beside the test are given, but for the broker."""
    return environment_beside(
        tmp_path,
        SERVICES=settings.SERVICES[0],
        WORKER_THREADS="2",
        GATE=str(gate),
        LOG_FORMAT="json",
    )


@pytest.fixture
def celery_environment(environment: dict[str, str], broker_url: str) -> dict[str, str]:
    """What they are given with it."""
    return environment | {"CELERY_BROKER_URL": broker_url}


@pytest.fixture
def console(celery_environment: dict[str, str]) -> Iterator[Console]:
    """A console of processes with a broker."""
    yield from open_console(celery_environment)


@pytest.fixture
def celery(celery_environment: dict[str, str]) -> Worker:
    """Start a Celery worker with two processes."""

    def start(**more: str) -> AbstractContextManager[subprocess.Popen[str]]:
        return working("celery", celery_environment | more)

    return start


def open_console(environment: dict[str, str]) -> Iterator[Console]:
    """A console until the test ends; its log is that of the test."""
    with subprocess.Popen(
        [*PROGRAM, "console"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        console = Console(process)
        # Its first answer comes when the tables are there.
        assert console("show") == []
        yield console
        process.kill()


class working(AbstractContextManager[subprocess.Popen[str]]):  # noqa: N801  reads as a function
    """A worker that works, until the end of the block."""

    def __init__(self, verb: str, environment: dict[str, str]) -> None:
        self._stack = ExitStack()
        self._how = (verb, environment)

    def __enter__(self) -> subprocess.Popen[str]:
        verb, environment = self._how
        process = self._stack.enter_context(running([*PROGRAM, verb], cwd=ROOT, env=environment))
        wait_for_line(process, "^working$")
        return process

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(None, None, None)


def told_to_stop(process: subprocess.Popen[str]) -> str:
    """Tell a worker to stop; return what it still printed, once it has ended well."""
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=40)
    assert process.returncode == 0, rest
    return rest


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has forked."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def waiting(broker_url: str, queue: str = "tests") -> int:
    """Return how many messages of a queue nobody has taken."""
    with redis.Redis.from_url(broker_url) as client:
        return int(client.llen(queue))
