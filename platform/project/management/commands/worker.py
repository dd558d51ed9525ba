"""`manage.py worker`: jobs and events in a process of their own."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.events.here import threads_here
from kernel.jobs.registry import known, queue_of
from kernel.jobs.worker import Worker
from kernel.running import run_until_told


class Command(BaseCommand):
    """Do jobs and hand events over until told to stop."""

    help = "Run jobs and events of this process's services until SIGINT or SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue",
            action="append",
            metavar="APP",
            help="only this app's jobs, and no events; may be repeated",
        )

    def handle(self, *, queue: list[str] | None, **_options: Any) -> None:
        queues = sorted({queue_of(job.name) for job in known()})
        if unknown := sorted(set(queue or ()) - set(queues)):
            raise CommandError(
                f"no jobs of {', '.join(unknown)} here; there are {', '.join(queues)}", returncode=2
            )
        worker = Worker(settings.WORKER_THREADS, queues=queue)
        events = [] if queue else [threads_here()]
        run_until_told(*events, worker, stop_timeout=settings.STOP_TIMEOUT, on_started=self._tell)

    def _tell(self) -> None:
        self.stdout.write(f"working with {settings.WORKER_THREADS} threads")
        self.stdout.flush()
