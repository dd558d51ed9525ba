"""`manage.py files_move`: move the bytes of all files to another store, while the platform runs."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand, CommandError

from apps.files.services.moving import Moved, move_files
from kernel.errors import InvalidInputError


class Command(BaseCommand):
    """Move, or go on with it. Given again, it moves what is left."""

    help = (
        "Copies the bytes of all files from FILES_STORAGE_BEFORE to FILES_STORAGE, reads each back"
        " and compares its SHA-256. They stay in the old store until --remove."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how much there is to move")
        parser.add_argument("--remove", action="store_true", help="empty the old store afterwards")
        parser.add_argument("--at-once", type=int, default=4, help="files at a time; 4 if not said")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(
        self, *, dry_run: bool, remove: bool, at_once: int, json: bool, **_options: Any
    ) -> None:
        if not 1 <= at_once <= 64:
            raise CommandError("--at-once is from 1 to 64", returncode=2)
        last: Moved | None = None
        try:
            for last in move_files(at_once=at_once, remove=remove, dry_run=dry_run):
                self._tell(last, json=json)
        except InvalidInputError as error:
            raise CommandError(
                f"{error}: see Moving files in apps/files/README.md", returncode=2
            ) from None
        if last and last.failed:
            for key, why in last.failed.items():
                self.stderr.write(f"{key}: {why}")
            raise CommandError(f"{len(last.failed)} were not moved; run it again once that is well")

    def _tell(self, moved: Moved, *, json: bool) -> None:
        if json:
            self.stdout.write(_line(moved))
            return
        self.stdout.write(
            f"moved {moved.done:,} of {moved.total:,},"
            f" {moved.done_bytes:,} of {moved.total_bytes:,} bytes;"
            f" {len(moved.failed):,} failed, {moved.removed:,} removed from the old store"
        )


def _line(moved: Moved) -> str:
    return json.dumps(asdict(moved))
