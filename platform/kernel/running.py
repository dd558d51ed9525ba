"""A process that works until it is told to stop."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import NoReturn, Protocol

from django.conf import settings

from kernel.observability import health


def this_instance() -> str:
    """Return which instance of its service this process is of: the same after it begins anew."""
    return f"{settings.SERVICES[0]}@{socket.gethostname()}"


class Runnable(Protocol):
    """Threads that begin, and end in good order."""

    def start(self) -> None:
        """Begin."""

    def stop(self, seconds: float) -> None:
        """Begin nothing more, and end what has begun within this time."""


def run_until_told(
    *parts: Runnable,
    stop_timeout: timedelta,
    on_started: Callable[[], None] = lambda: None,
    on_stopping: Callable[[], None] = lambda: None,
) -> bool:
    """Run until SIGINT or SIGTERM, then stop the parts in turn. For the main thread only.

    `on_started` is called when a signal ends it well, and the parts have begun; `on_stopping` when
    it was told to stop. Returns whether all had ended in time.
    """
    told_to_stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    for part in parts:
        part.start()
    on_started()
    told_to_stop.wait()
    health.drain()
    on_stopping()
    deadline = time.monotonic() + stop_timeout.total_seconds()
    for part in parts:
        part.stop(max(deadline - time.monotonic(), 0))
    return time.monotonic() < deadline


def begin_anew() -> NoReturn:
    """Become what this process was at its start: the same command, without any of its threads.

    For a process with a thread that nothing else ends.
    """
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606  our own command line # nosec B606
