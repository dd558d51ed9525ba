"""Profiles of this process: what is at work is seen, what waits is not, and nothing stays on."""

import asyncio
import gc
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kernel.profiling import memory, sampling
from kernel.profiling.memory import snapshot
from kernel.profiling.sampling import BusyError, Frame, Profile, profile, tree
from kernel.serving.crew import Crew

HELD: list[bytes] = []


def turns(over: threading.Event) -> None:
    """Work until it is over."""
    while not over.is_set():
        sum(range(1000))


def rests(over: threading.Event) -> None:
    """Wait until it is over."""
    over.wait()


def makes(over: threading.Event) -> None:
    """Make things that stay, until it is over."""
    while not over.wait(0.001):
        HELD.append(bytes(100_000))


@contextmanager
def beside(*works: object) -> Iterator[None]:
    over = threading.Event()
    threads = [threading.Thread(target=one, args=(over,)) for one in works]  # type: ignore[arg-type]  # they are functions
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_a_thread_at_work_is_seen_where_it_is_and_one_that_waits_is_not() -> None:
    with beside(turns, rests):
        told = profile(1)

    within = {frame.function: count for frame, _, count in told.functions()}
    assert within["turns"] > told.looks / 2 > 0
    assert "rests" not in within
    assert told.at_rest > 0
    assert "turns (" in told.collapsed()
    line = next(one for one in told.collapsed().splitlines() if ";turns (" in one)
    assert line.rpartition(" ")[2].isdecimal()


def test_a_thread_of_the_server_that_waits_for_requests_is_not_at_work() -> None:
    crew, done = Crew(most=1, most_waiting=1), threading.Event()

    async def serve() -> None:
        crew.submit(done.set)
        assert await asyncio.to_thread(done.wait, 10)

    asyncio.run(serve())
    try:
        told = profile(0.2)
    finally:
        crew.close()

    assert told.at_rest >= told.looks > 0
    assert "Crew._run" not in {frame.function for frame, _, _ in told.functions()}


def test_what_is_called_lies_below_what_calls_it_as_wide_as_it_took() -> None:
    root, left, right, leaf = (Frame(name, "a.py", 1) for name in ("root", "left", "right", "leaf"))
    stacks = Counter({(root, left): 3, (root, right, leaf): 6, (root, right): 1})

    found = [(node.frame.function, node.count, x, deep) for node, x, deep in tree(stacks).bars(2)]

    assert found == [
        ("all threads", 10, 0, 0),
        ("root", 10, 0, 1),
        ("right", 7, 0, 2),
        ("leaf", 6, 0, 3),
        ("left", 3, 7, 2),
    ]
    told = Profile(1, stacks=stacks).functions()
    assert [(one.function, own, within) for one, own, within in told] == [
        ("leaf", 6, 6),
        ("left", 3, 3),
        ("right", 1, 7),
        ("root", 0, 10),
    ]


def test_what_is_made_meanwhile_and_stays_is_told_by_its_line_and_nothing_is_followed_after() -> (
    None
):
    # What the suite has imported it keeps from the collector, which then cannot tell of it.
    gc.unfreeze()
    try:
        with beside(makes):
            told = snapshot(0.5)
    finally:
        gc.freeze()
        HELD.clear()

    assert "test_profiling.py:" in told.lines[0].place
    assert told.lines[0].size_bytes > 100_000
    assert told.made_bytes >= told.lines[0].size_bytes
    assert told.highest_bytes >= told.resident_bytes > 10_000_000
    assert dict(told.types)["dict"] > 1_000
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize(("module", "look"), [(sampling, profile), (memory, snapshot)])
def test_one_looks_at_a_time_and_no_longer_than_is_allowed(
    module: object, look: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.05)
    assert callable(look)

    assert look(600).seconds == 0.05
    with module._one_at_a_time, pytest.raises(BusyError):  # type: ignore[attr-defined]  # both have it
        look(0.01)
    look(0.01)
