"""`manage.py backup`: database, bytes and keys into BACKUP_TO, encrypted."""

import base64
import secrets
from argparse import ArgumentParser
from typing import Any

from kernel.backup.errors import BackupError
from kernel.backup.sets import figures
from project.backups import take
from project.management.backing_up import BackupCommand

_NEXT = "nothing that was there has changed; see docs/runbooks/backup.md"


class Command(BackupCommand):
    """Back up; a set is there as a whole or not at all."""

    help = "Back up database, files and keys to BACKUP_TO; --list shows what is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--list", action="store_true", help="show all backups")
        parser.add_argument("--new-key", action="store_true", help="print a key for BACKUP_KEY")

    def handle(self, **options: Any) -> None:
        as_json = options["json"]
        if options["new_key"]:
            self.stdout.write(base64.b64encode(secrets.token_bytes(32)).decode())
            return
        backups = self.backups()
        try:
            if options["list"]:
                for id_ in backups.ids():
                    self._tell(backups.figures(id_), as_json=as_json)
                return
            made, gone = take(backups, self.progress)
        except BackupError as error:
            self.fail(error, _NEXT)
        self._tell(figures(made) | {"forgotten": gone}, as_json=as_json)

    def _tell(self, told: dict[str, Any], *, as_json: bool) -> None:
        text = (
            f"{told['id']}: {told['rows']} rows in {told['tables']} tables, {told['files']} files,"
            f" {told['bytes']} bytes"
        )
        self.say(text, as_json=as_json, **told)
