"""`manage.py restore`: a backup in the place of what is here, if that is nothing."""

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from kernel.backup import databases
from kernel.backup.errors import BackupError
from kernel.backup.sets import Backups, BackupSet, figures
from project.backed_up import key_place
from project.backups import store_of
from project.management.backing_up import BackupCommand

_AGAIN = "it was broken off: mend that and restore again with --overwrite"
_NEXT = "nothing was restored; see docs/runbooks/backup.md"


class Command(BackupCommand):
    """Check the whole backup first, then restore database, files and keys, then migrate."""

    help = "Restore a backup into an empty installation; stop every process of it before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", nargs="?", default="", help="the newest if not said")
        parser.add_argument("--overwrite", action="store_true", help="replace what is here")
        parser.add_argument(
            "--dry-run", action="store_true", help="check the whole backup, change nothing"
        )

    def handle(self, **options: Any) -> None:
        backups = self.backups()
        if not options["overwrite"] and not databases.is_empty():
            raise CommandError(
                "the database is not empty; name another one in DATABASE_URL, or say --overwrite"
                " to lose what is in it",
                returncode=2,
            )
        try:
            found = backups.get(options["id"])
            if found.vendor != databases.vendor():
                raise BackupError(
                    f"{found.id} is of {found.vendor}: set DATABASE_URL to such a one"
                )
            if not options["overwrite"]:
                _refuse_to_replace(backups, found)
            backups.check(found, self.progress)
        except BackupError as error:
            self.fail(error, _NEXT)
        if options["dry_run"]:
            self.say(f"{found.id} can be restored here", as_json=options["json"], **figures(found))
            return
        try:
            backups.restore(found, store_of, key_place, self.progress)
        except (BackupError, psycopg.Error) as error:
            self.fail(error, _AGAIN)
        # The roles and rights of this server, and what has been added since the backup.
        call_command("migrate", verbosity=0)
        self.say(f"{found.id} is restored", as_json=options["json"], **figures(found))


def _refuse_to_replace(backups: Backups, found: BackupSet) -> None:
    keys = backups.replaced_keys(found, key_place)
    # The settings make the signing key at the start of this command.
    there = [path for path in keys if path != settings.DATA_DIR / "secret_key"]
    files = settings.DATA_DIR / "files"
    there += [path for path in files.rglob("*") if path.is_file()][:1]
    if there:
        raise CommandError(
            f"{there[0]} is there; name another DATA_DIR, or say --overwrite to lose what is in it",
            returncode=2,
        )
