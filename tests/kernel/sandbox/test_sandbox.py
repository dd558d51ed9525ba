"""The sandbox: what a call may not do ends it, by a code, and the next one knows nothing of it."""

import errno
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kernel.sandbox import Answer, Limits, Sandbox, SandboxError, child
from kernel.testing.embedded import ROOT

LIMITS = Limits(memory_bytes=100_000_000, cpu_seconds=10, seconds=20.0, output_bytes=20_000_000)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests here: each call after another's fault is a test of that."""
    made = Sandbox("tests.kernel.sandbox.hostile")
    yield made
    made.close()


def run(
    sandbox: Sandbox, function: str, data: bytes = b"abc", *, limits: Limits = LIMITS, **more: Any
) -> Answer:
    return sandbox.run(function, [data], size=len(data), limits=limits, arguments=more)


def code_of(sandbox: Sandbox, function: str, *, limits: Limits = LIMITS, data: bytes = b"") -> str:
    with pytest.raises(SandboxError) as raised:
        run(sandbox, function, data, limits=limits)
    # Whatever it was: the next has nothing of it.
    assert run(sandbox, "reverse", times=1).parts == [b"cba"]
    return raised.value.code


def test_a_call_gives_plain_values_and_bytes(sandbox: Sandbox) -> None:
    long = os.urandom(5_000_000)

    answer = run(sandbox, "reverse", long, times=2)

    assert (answer.told["size"], answer.parts) == (5_000_000, [long[::-1]] * 2)
    assert answer.cpu_seconds < 10
    assert answer.peak_bytes > 10_000_000


def test_what_a_call_gives_may_be_written_while_it_comes(sandbox: Sandbox) -> None:
    long, out = os.urandom(5_000_000), io.BytesIO()

    answer = sandbox.run(
        "reverse", [long], size=len(long), limits=LIMITS, arguments={"times": 2}, into=out
    )

    assert (answer.told["size"], answer.parts) == (5_000_000, [])
    assert out.getvalue() == long[::-1] * 2
    with pytest.raises(SandboxError, match="ended"):
        sandbox.run("lie", [], size=0, limits=LIMITS, into=out)


def test_each_call_has_a_process_of_its_own(sandbox: Sandbox) -> None:
    pids = {run(sandbox, "reverse", times=0).told["pid"] for _ in range(3)}

    assert len(pids) == 3
    assert [run(sandbox, "keep").told["kept"] for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("function", "limits", "code"),
    [
        ("spin", replace(LIMITS, cpu_seconds=1), "SANDBOX_TIME"),
        ("sleep", replace(LIMITS, seconds=0.3), "SANDBOX_TIME"),
        ("grow", LIMITS, "SANDBOX_MEMORY"),
        ("answer_much", LIMITS, "SANDBOX_OUTPUT"),
        ("flood", LIMITS, "SANDBOX_OUTPUT"),
        ("lie", LIMITS, "SANDBOX_CRASHED"),
        ("lie_deeply", LIMITS, "SANDBOX_CRASHED"),
        ("lie_of_codes", LIMITS, "SANDBOX_CRASHED"),
        ("die", LIMITS, "SANDBOX_CRASHED"),
        ("leave", LIMITS, "SANDBOX_CRASHED"),
        ("fail", LIMITS, "SANDBOX_FAILED"),
        ("refuse", LIMITS, "NOT_MINE"),
    ],
)
def test_what_goes_too_far_is_ended(
    sandbox: Sandbox, function: str, limits: Limits, code: str
) -> None:
    begun = time.monotonic()

    assert code_of(sandbox, function, limits=limits) == code
    assert time.monotonic() - begun < 10


def test_what_comes_in_counts_as_memory(sandbox: Sandbox) -> None:
    assert code_of(sandbox, "reverse", data=bytes(150_000_000)) == "SANDBOX_MEMORY"


def test_a_failure_tells_no_more_than_its_kind(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"^KeyError$"):
        run(sandbox, "fail")


def test_nothing_is_within_reach(sandbox: Sandbox) -> None:
    told = run(sandbox, "reach_out").told

    assert told["closed"] == dict.fromkeys(("read", "write", "connect", "pipe"), errno.EMFILE)
    # LC_CTYPE is Python's own.
    assert set(told["environment"]) <= {"LC_ALL", "LC_CTYPE"}
    assert told["open"] == [0, 1, 2]


def test_a_source_that_fails_ends_its_call_alone(sandbox: Sandbox) -> None:
    def source() -> Iterator[bytes]:
        yield b"abc"
        raise LookupError("the store is gone")

    with pytest.raises(LookupError):
        sandbox.run("reverse", source(), size=1_000, limits=LIMITS, arguments={"times": 1})

    assert run(sandbox, "reverse", times=1).parts == [b"cba"]


def test_a_killed_process_is_replaced(sandbox: Sandbox) -> None:
    run(sandbox, "reverse", times=1)
    killed = sandbox._idle[-1]._process
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    assert run(sandbox, "reverse", times=1).parts == [b"cba"]


def test_calls_of_many_threads_go_side_by_side(sandbox: Sandbox) -> None:
    found: list[bytes] = []

    def call(number: int) -> None:
        found.extend(run(sandbox, "reverse", b"%06d" % number, times=1).parts)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one[::-1] for one in found) == [b"%06d" % number for number in range(8)]
    assert len(sandbox._idle) <= 2


CALLER = """
import sys
sys.path[:0] = ["platform", "."]
from kernel.sandbox import Limits, Sandbox
box = Sandbox("tests.kernel.sandbox.hostile")
print(box.run("reverse", [], size=0, limits=Limits(), arguments={"times": 0}).told["pid"])
print(box._idle[0]._process.pid, flush=True)
box.run("sleep", [], size=0, limits=Limits(seconds=2.0))
"""


def test_nothing_outlives_a_killed_caller() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout is not None
        caller.stdout.readline()
        parent = int(caller.stdout.readline())
        time.sleep(0.3)
        caller.kill()

    deadline = time.monotonic() + 10
    while _runs(parent):
        assert time.monotonic() < deadline, "the sandbox is still there"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_waits_makes_itself_ready_and_others_lose_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    touched: list[str] = []

    def touch() -> None:
        touched.append("while nobody asked")
        ours.send(b"second")

    with ours, theirs:
        ours.send(b"first")
        module = SimpleNamespace(touch=touch)
        assert child.awaited(module, theirs) == (b"first", [])
        assert touched == []
        monkeypatch.setattr(child, "IDLE_MS", 0)
        assert child.awaited(module, theirs) == (b"second", [])

    assert touched == ["while nobody asked"]


def test_a_process_that_ends_before_it_is_asked_is_not_told_of() -> None:
    sandbox = Sandbox("tests.kernel.sandbox.hostile")
    run(sandbox, "reverse", times=0)
    (parent,) = sandbox._idle
    children = Path(f"/proc/{parent._process.pid}/task/{parent._process.pid}/children")
    if not children.exists():
        pytest.skip("needs /proc of Linux, with the children of processes")
    while not (found := children.read_text().split()):
        pass
    os.kill(int(found[0]), signal.SIGKILL)

    answers = [run(sandbox, "reverse", times=1) for _ in range(2)]

    assert [one.parts for one in answers] == [[b"cba"]] * 2
    assert int(found[0]) not in {one.told["pid"] for one in answers}
    sandbox.close()
