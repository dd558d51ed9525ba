"""A process that works until it is told to stop."""

import signal
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Protocol


class Runnable(Protocol):
    """Threads that begin, and end in good order."""

    def start(self) -> None:
        """Begin."""

    def stop(self, seconds: float) -> None:
        """Begin nothing more, and end what has begun within this time."""


def run_until_told(
    *parts: Runnable, stop_timeout: timedelta, on_started: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGINT or SIGTERM, then stop the parts in turn. For the main thread only.

    `on_started` is called when a signal ends it well, and the parts have begun.
    """
    told_to_stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    for part in parts:
        part.start()
    on_started()
    told_to_stop.wait()
    for part in parts:
        part.stop(stop_timeout.total_seconds())
