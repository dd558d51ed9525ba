"""Processes without a web server: what they say, and the port by which they are watched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.cache.hub import hub
from kernel.dynamic.following import values
from kernel.hints.following import followers
from kernel.keeping import written_down
from kernel.observability.port import OperationsPort
from kernel.running import Runnable, run_until_told


def run(command: BaseCommand, *parts: Runnable, told: str) -> None:
    """Let the parts work until a signal, and say so; exits with 1 if some of it took too long."""

    def say(line: str) -> None:
        command.stdout.write(line)
        command.stdout.flush()

    seconds = settings.STOP_TIMEOUT.total_seconds()
    with (
        written_down(),
        watched() as where,
        values.following(),
        followers.following(),
        hub.following(),
    ):
        in_time = run_until_told(
            *parts,
            stop_timeout=settings.STOP_TIMEOUT,
            on_started=lambda: say(f"{told}{where}"),
            on_stopping=lambda: say(f"stopping: what has begun has {seconds:.0f} s to end"),
        )
    if not in_time:
        say("stopped, before all had ended: what is left is done by the next process")
        sys.exit(1)
    say("stopped")


@contextmanager
def watched() -> Iterator[str]:
    """Answer probes and scrapes at OPERATIONS_PORT during a block; gives the words for it."""
    if not settings.OPERATIONS_PORT:
        yield ""
        return
    try:
        port = OperationsPort(settings.HOST, settings.OPERATIONS_PORT)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {settings.HOST}:{settings.OPERATIONS_PORT}: {error.strerror};"
            " set OPERATIONS_PORT to another"
        ) from None
    port.start()
    try:
        yield f"; health and metrics at port {port.port}"
    finally:
        port.stop(0)
