"""Calls to the outside, some at the same time, while the database stays with one thread."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Who asks is let go on that often while all lines wait.
TICK_SECONDS = 0.25


def over_lines(
    work: Sequence[T], do: Callable[[T], R], lines: int
) -> Iterator[tuple[T, R | Exception] | None]:
    """Yield what came of each as soon as that is known; so many are done at the same time.

    While nothing is known it yields None now and then, for who has something else to do.

    With one line they are done where it is asked for. On more, `do` asks no database: each thread
    would open a connection to it. What is not begun when nobody asks any more is left.
    """
    if lines <= 1 or len(work) <= 1:
        for one in work:
            yield one, tried(do, one)
        return
    left, done = deque(work), SimpleQueue[tuple[T, R | Exception]]()

    def line() -> None:
        while left:
            try:
                one = left.popleft()
            except IndexError:
                break
            done.put((one, tried(do, one)))

    threads = [
        # A daemon: what outlasts the stop of the process must not keep it.
        Thread(target=copy_context().run, args=(line,), name="line", daemon=True)
        for _ in range(min(lines, len(work)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in work:
            while (known := _soon(done)) is None:
                yield None
            yield known
    finally:
        left.clear()
        for thread in threads:
            thread.join()


def _soon(done: SimpleQueue[T]) -> T | None:
    try:
        return done.get(timeout=TICK_SECONDS)
    except Empty:
        return None


def tried(do: Callable[[T], R], one: T) -> R | Exception:
    """Return what came of it, or why nothing did."""
    try:
        return do(one)
    except Exception as error:  # noqa: BLE001  whatever it is, the others go on
        return error
