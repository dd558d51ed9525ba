"""Processes that change flags and settings, and others that see it: for test_push and the bench."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

PROGRAM = Path(__file__).with_name("push_program.py")
ROOT = PROGRAM.parents[2]


class Changer:
    """Changes what it is told, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._line()

    def says(self, what: str, value: object) -> float:
        """Say a flag or a setting; return when that was committed."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what} {value}\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process has ended"
        return line


class Seen:
    """What another process has seen, and when."""

    def __init__(self) -> None:
        self._told: Queue[tuple[str, str, float]] = Queue()

    def add(self, what: str, value: str, at: float) -> None:
        """Be told by the thread that reads."""
        self._told.put((what, value, at))

    def when(self, what: str, value: object, seconds: float = 20.0) -> float:
        """Return when it was seen; raises AssertionError if it is not within this time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                found, said, at = self._told.get(timeout=left)
            except Empty:
                break
            if (found, said) == (what, str(value)):
                return at
        raise AssertionError(f"{what} {value} was not seen within {seconds} s")


def prepared(environment: Mapping[str, str]) -> str:
    """Make the rows that are changed; return what the program tells of them, as JSON."""
    command = [sys.executable, str(PROGRAM), "prepare"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


@contextmanager
def changer(environment: Mapping[str, str], tenant: str) -> Iterator[Changer]:
    """Run a process that changes."""
    with _program(environment, "change", tenant) as process:
        yield Changer(process)


def counted(
    environment: Mapping[str, str], tenant: str, processes: int, times: int
) -> tuple[int, int, int]:
    """Let so many processes count at once; return the conflicts, the value and its version."""
    with ExitStack() as stack:
        arguments = ("count", tenant, str(times))
        counting = [
            stack.enter_context(_program(environment, *arguments)) for _ in range(processes)
        ]
        for one in counting:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in counting:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [list(map(int, _rest(one).split())) for one in counting]
    return sum(one[0] for one in told), max(one[1] for one in told), max(one[2] for one in told)


def _rest(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@contextmanager
def follower(environment: Mapping[str, str], tenant: str) -> Iterator[Seen]:
    """Run a process that sees."""
    with _program(environment, "follow", tenant) as process:
        seen = Seen()

        def read() -> None:
            for line in process.stdout or ():
                what, value, at = line.split()
                seen.add(what, value, float(at))

        Thread(target=read, daemon=True).start()
        seen.when("flag", "off", 60)
        yield seen


def seen_elsewhere(
    environment: Mapping[str, str], known: Mapping[str, str], port: int, changes: int
) -> dict[str, list[float]]:
    """Return how long after the commit each change was seen, by a process and on the stream."""
    waits: dict[str, list[float]] = {"flag": [], "setting": [], "stream": []}
    with (
        stream(port, known["key"]) as told,
        follower(environment, known["tenant"]) as seen,
        changer(environment, known["tenant"]) as change,
    ):
        for number in range(changes):
            for what, value in (("flag", ("on", "off")[number % 2]), ("setting", 30 + number % 50)):
                committed = change.says(what, value)
                waits[what].append(seen.when(what, value) - committed)
                if what == "flag":
                    waits["stream"].append(told.when("stream", number + 2) - committed)
    return waits


@contextmanager
def stream(port: int, key: str) -> Iterator[Seen]:
    """Listen to the stream of flags of a server; each event is seen as `stream <number>`."""
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    client.request("GET", "/config/api/flags/events", headers={"Authorization": f"Bearer {key}"})
    response = client.getresponse()
    assert response.status == 200
    seen = Seen()

    def read() -> None:
        try:
            while line := response.readline():
                if line.startswith(b"id: "):
                    revision = line.decode().strip().rpartition("-")[2]
                    seen.add("stream", revision, time.time())
        except (OSError, ValueError, AttributeError):
            return  # the test has closed it

    Thread(target=read, daemon=True).start()
    try:
        seen.when("stream", 1)
        yield seen
    finally:
        client.close()


@contextmanager
def _program(environment: Mapping[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
