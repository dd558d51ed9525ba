"""What the commands of backups share."""

import json
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.backup.errors import BackupError
from kernel.backup.sets import Backups, a_key
from kernel.backup.stores import store_at


class BackupCommand(BaseCommand):
    """A command with progress on a terminal, JSON lines for machines, and exit codes 0, 1, 2."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def backups(self) -> Backups:
        """Return those that the settings name; ends the command when they name none."""
        try:
            return Backups(store_at(settings.BACKUP_TO), a_key(settings.BACKUP_KEY))
        except BackupError as error:
            raise CommandError(str(error), returncode=2) from None

    def say(self, text: str, *, as_json: bool, **figures: Any) -> None:
        """Say something to people or to machines."""
        self.stdout.write(json.dumps(figures) if as_json else text)

    def progress(self, step: str, done: int, of: int) -> None:
        """Show how far a step is, where somebody watches."""
        if self.stderr.isatty():
            end = "\n" if done == of else "\r"
            self.stderr.write(f"{step}: {done} of {of}", ending=end)

    def fail(self, error: Exception, next_: str) -> NoReturn:
        """End with what is wrong and what to do."""
        raise CommandError(f"{error}; {next_}", returncode=1) from None
