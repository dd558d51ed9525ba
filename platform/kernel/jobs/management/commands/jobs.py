"""`manage.py jobs`: what waits, runs and has failed."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from kernel.jobs.models import JobState
from kernel.jobs.selectors import counts_by_queue


class Command(BaseCommand):
    """Show the queues."""

    help = "Show how many jobs of each queue are in which state, and how long the oldest waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, **options: Any) -> None:
        counts = counts_by_queue()
        if options["json"]:
            for count in counts:
                told = {"queue": count.queue, **count.states, "waiting_seconds": count.waiting}
                self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(
                f"{'queue':<16}{''.join(f'{state:>11}' for state in JobState)}  waits"
            )
            for count in counts:
                numbers = "".join(f"{count.states[state]:>11}" for state in JobState)
                self.stdout.write(f"{count.queue:<16}{numbers}  {count.waiting:.0f} s")
