"""`manage.py relay`: handing over events in a process of its own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from kernel.events.here import threads_here
from kernel.running import run_until_told


class Command(BaseCommand):
    """Hand over what waits in the outbox until told to stop."""

    help = "Relay events of this process's services until SIGINT or SIGTERM; one relay is active."

    def handle(self, **_options: Any) -> None:
        run_until_told(
            threads_here(groups=()), stop_timeout=settings.STOP_TIMEOUT, on_started=self._tell
        )

    def _tell(self) -> None:
        self.stdout.write("relaying")
        self.stdout.flush()
