"""`manage.py dev`: everything in one process, ready to try."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from kernel.events.here import threads_here
from kernel.jobs.worker import Worker
from kernel.running import Runnable
from project.management.commands.serve import refuse_a_taken_address, serve_here


class Command(BaseCommand):
    """Migrate, make the demo, then serve and work until told to stop."""

    help = (
        "Run the embedded platform: migrations, demo data, web server and worker; with"
        " CELERY_BROKER_URL without the worker."
    )

    def handle(self, **_options: Any) -> None:
        # Before the work, not after it.
        refuse_a_taken_address()
        with _alone():
            call_command("migrate", verbosity=0)
            call_command("demo", stdout=self.stdout)
        parts: list[Runnable] = [threads_here()]
        if not settings.CELERY_BROKER_URL:
            parts.append(Worker(settings.WORKER_THREADS))
        for part in parts:
            part.start()
        try:
            serve_here(self._tell)
        finally:
            for part in parts:
                part.stop(settings.STOP_TIMEOUT.total_seconds())
        self.stdout.write("stopped")

    def _tell(self, url: str) -> None:
        self.stdout.write(f"\n  Septet is at {url}  (Ctrl-C stops it)\n")
        self.stdout.flush()


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time prepare a data folder."""
    with (settings.DATA_DIR / "prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
