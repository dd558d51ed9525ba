"""When a thread more is put to work, told by a clock of the test's own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest

from kernel.serving import crew as module
from kernel.serving.crew import LONGEST_WAIT_SECONDS, PATIENCE_SECONDS, Crew, CrewBusyError


@dataclass
class Clock:
    """Stands in for the module `time`."""

    now: float = 0.0
    processor: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def process_time(self) -> float:
        return self.processor


class Piece:
    """Work that says when it begins and goes on until it is let go."""

    def __init__(self) -> None:
        self.begun = Event()
        self.let_go = Event()

    def __call__(self) -> None:
        self.begun.set()
        self.let_go.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    # Only the test looks.
    monkeypatch.setattr(Crew, "_watch", lambda crew: setattr(crew, "_seen", (0.0, 0.0)))
    return clock


@asynccontextmanager
async def a_crew_with_one_at_work(*, most: int) -> AsyncIterator[tuple[Crew, Piece]]:
    crew, first = Crew(most=most, most_waiting=2), Piece()
    crew.submit(first)
    first.begun.wait()
    try:
        yield crew, first
    finally:
        first.let_go.set()
        crew.close()


def on_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    def run(clock: Clock) -> None:
        asyncio.run(test(clock))

    return run


@on_a_loop
async def test_work_waits_a_moment_for_who_has_just_begun(clock: Clock) -> None:
    async with a_crew_with_one_at_work(most=2) as (crew, first):
        second = Piece()
        clock.now = PATIENCE_SECONDS

        crew.submit(second)

        assert len(crew._begun) == 1
        first.let_go.set()
        second.begun.wait()
        second.let_go.set()


@on_a_loop
async def test_work_does_not_wait_for_who_is_at_it_for_long(clock: Clock) -> None:
    async with a_crew_with_one_at_work(most=2) as (crew, _):
        second = Piece()
        clock.now = PATIENCE_SECONDS * 1.01

        crew.submit(second)

        second.begun.wait()
        second.let_go.set()


@pytest.mark.parametrize(
    ("processor", "now", "threads"),
    [
        (0.1, 1.0, 2),  # long waited for, though the processor is
        (PATIENCE_SECONDS * 0.59, PATIENCE_SECONDS, 2),  # it idles
        (PATIENCE_SECONDS * 0.61, PATIENCE_SECONDS, 1),  # it is as busy as may be
        (LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, 1),
        (LONGEST_WAIT_SECONDS * 1.01, LONGEST_WAIT_SECONDS * 1.01, 2),
    ],
)
def test_a_thread_more_is_called_up_when_the_processor_idles_or_work_waited_long(
    clock: Clock, processor: float, now: float, threads: int
) -> None:
    async def look() -> int:
        async with a_crew_with_one_at_work(most=2) as (crew, first):
            second = Piece()
            crew.submit(second)
            clock.processor, clock.now = processor, now

            crew._look()

            called_up = len(crew._begun)
            first.let_go.set()
            second.let_go.set()
            second.begun.wait()
            return called_up

    assert asyncio.run(look()) == threads


@on_a_loop
async def test_there_are_never_more_threads_than_the_bound(clock: Clock) -> None:
    async with a_crew_with_one_at_work(most=1) as (crew, first):
        second = Piece()
        clock.now = 1.0

        crew.submit(second)

        assert len(crew._begun) == 1
        first.let_go.set()
        second.begun.wait()
        second.let_go.set()


@on_a_loop
async def test_more_than_may_wait_is_refused_and_never_done(clock: Clock) -> None:
    async with a_crew_with_one_at_work(most=1) as (crew, first):
        pieces = [Piece() for _ in range(3)]
        for piece in pieces:
            piece.let_go.set()
        crew.submit(pieces[0])
        crew.submit(pieces[1])

        with pytest.raises(CrewBusyError):
            crew.submit(pieces[2])

        first.let_go.set()
        pieces[1].begun.wait()
        assert [piece.begun.is_set() for piece in pieces] == [True, True, False]


def test_a_blocked_thread_holds_up_nobody() -> None:
    async def both() -> None:
        async with a_crew_with_one_at_work(most=2) as (crew, _):
            second = Piece()
            second.let_go.set()

            crew.submit(second)

            await asyncio.to_thread(second.begun.wait)

    asyncio.run(asyncio.wait_for(both(), timeout=10))


def test_threads_end_when_the_crew_is_closed() -> None:
    async def closed() -> bool:
        async with a_crew_with_one_at_work(most=1) as (crew, first):
            threads = [t for t in threading.enumerate() if t.name == "web"]
            first.let_go.set()
            crew.close()
            for thread in threads:
                thread.join(10)
            return any(thread.is_alive() for thread in threads)

    assert asyncio.run(closed()) is False
