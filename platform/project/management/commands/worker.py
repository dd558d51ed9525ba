"""`manage.py worker`: jobs in a process of their own."""

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from kernel.jobs.worker import Worker


class Command(BaseCommand):
    """Do jobs until told to stop."""

    help = "Run jobs of this process's services until SIGINT or SIGTERM."

    def handle(self, **_options: Any) -> None:
        told_to_stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told_to_stop.set())
        worker = Worker(settings.WORKER_THREADS)
        worker.start()
        self.stdout.write(f"working with {settings.WORKER_THREADS} threads")
        told_to_stop.wait()
        worker.stop(settings.STOP_TIMEOUT.total_seconds())
