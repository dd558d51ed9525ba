"""`manage.py relay`: handing over events in a process of its own."""

from typing import Any

from django.core.management.base import BaseCommand

from kernel.events.here import threads_here
from project.operations import run


class Command(BaseCommand):
    """Hand over what waits in the outbox until told to stop."""

    help = "Relay events of this process's services until SIGINT or SIGTERM; one relay is active."

    def handle(self, **_options: Any) -> None:
        run(self, threads_here(groups=()), told="relaying")
