"""`manage.py worker`: jobs and events in a process of their own."""

import os
import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.events.here import threads_here
from kernel.jobs.registry import known, queue_of
from kernel.jobs.worker import Worker
from kernel.running import begin_anew
from project.operations import run


class Command(BaseCommand):
    """Do jobs and hand events over until told to stop."""

    help = (
        "Run jobs and events of this process's services until SIGINT or SIGTERM;"
        " with CELERY_BROKER_URL it is a Celery worker, and runs jobs alone."
    )

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
        if settings.CELERY_BROKER_URL:
            self._work_by_celery(queue or queues)
            return
        stuck = Event()

        def stop_for_it() -> None:
            stuck.set()
            os.kill(os.getpid(), signal.SIGTERM)

        worker = Worker(settings.WORKER_THREADS, queues=queue, on_stuck=stop_for_it)
        events = [] if queue else [threads_here()]
        try:
            run(self, *events, worker, told=f"working with {settings.WORKER_THREADS} threads")
        finally:
            if stuck.is_set():
                self._tell("a job does not end: this process begins anew without it")
                begin_anew()

    def _work_by_celery(self, queues: list[str]) -> None:
        from kernel.celery.worker import work  # noqa: PLC0415  costs a third of a second

        told = (
            f"working with {settings.WORKER_THREADS} processes for {', '.join(queues)};"
            " events are for `manage.py relay` and `manage.py consume`"
        )
        work(queues, on_ready=lambda: self._tell(told))

    def _tell(self, told: str) -> None:
        self.stdout.write(told)
        self.stdout.flush()
