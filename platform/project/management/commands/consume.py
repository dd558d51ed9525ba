"""`manage.py consume`: handling events in a process of its own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.events.here import threads_here
from project.operations import run


class Command(BaseCommand):
    """Handle events until told to stop."""

    help = "Handle events for this process's consumer groups until SIGINT or SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--group", action="append", metavar="NAME", help="only this group; may be repeated"
        )

    def handle(self, *, group: list[str] | None, **_options: Any) -> None:
        try:
            threads = threads_here(relays=False, groups=group)
        except LookupError as error:
            raise CommandError(str(error.args[0]), returncode=2) from None
        run(self, threads, told=f"consuming for {', '.join(group or ['all groups'])}")
