"""Telling whoever does jobs that there is something to do, instead of letting them look."""

from collections.abc import Callable
from threading import Event

_event = Event()
#: Who is told of queues beside the worker of this process: what carries jobs to other processes.
carriers: list[Callable[[str, int], None]] = []


def nudge(queue: str = "", count: int = 1) -> None:
    """Say that there may be something to do, in this queue or in any. Called after a commit."""
    _event.set()
    if queue:
        for tell in carriers:
            tell(queue, count)


def wait_for_nudge(seconds: float) -> None:
    """Wait until somebody nudges, but no longer than this."""
    _event.wait(seconds)
    _event.clear()
