"""`manage.py verify`: prove that a backup can be restored, by doing it elsewhere."""

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import CommandError

from kernel.backup.errors import BackupError
from kernel.backup.sets import figures
from project.backups import prove
from project.management.backing_up import BackupCommand

_NEXT = "take another backup; see docs/runbooks/backup.md"


class Command(BackupCommand):
    """Read every byte, restore the database elsewhere, compare every table and the audit seals."""

    help = "Restore a backup elsewhere and compare; exit code 1 when anything differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", nargs="?", default="", help="the newest if not said")

    def handle(self, **options: Any) -> None:
        backups = self.backups()
        try:
            found, problems = prove(backups, options["id"], self.progress)
        except (BackupError, psycopg.Error) as error:
            self.fail(error, _NEXT)
        told = figures(found) | {"problems": problems}
        for problem in problems:
            self.stderr.write(problem)
        word = "differs from what was backed up" if problems else "can be restored"
        self.say(f"{found.id} {word}", as_json=options["json"], **told)
        if problems:
            raise CommandError(f"{len(problems)} differences; {_NEXT}", returncode=1)
