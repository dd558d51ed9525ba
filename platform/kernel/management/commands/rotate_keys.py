"""`manage.py rotate_keys`: a new key for secrets at rest, and everything encrypted under it."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.secrets.ring import EMPTY, KeyRing, as_text, change, ring, with_new_key, without
from kernel.secrets.rotation import Progress, columns, reseal, usage

FROM_ENVIRONMENT = (
    "the keys come from ENCRYPTION_KEYS, which a command cannot change: put a new one"
    " (`rotate_keys --print`) in front, restart every process, and run `rotate_keys --resume`"
)


class Command(BaseCommand):
    """Rotate, go on with a rotation, look only, or take out a key that nothing needs."""

    help = (
        "Make a new active key in the key ring and encrypt every secret anew under it. Keys that"
        " nothing needs any more are named at the end; they stay until --remove."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--resume", action="store_true", help="make no new key, encrypt the rest")
        how.add_argument("--dry-run", action="store_true", help="read everything, write nothing")
        how.add_argument("--print", action="store_true", help="print a new key and do nothing else")
        how.add_argument("--remove", metavar="ID", help="take out a key that no row here needs")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, **options: Any) -> None:
        if options["print"]:
            self.stdout.write(as_text(with_new_key(EMPTY)))
        elif options["remove"]:
            self._remove(options["remove"])
        else:
            self._rotate(**options)

    def _rotate(self, *, resume: bool, dry_run: bool, json: bool, **_: Any) -> None:
        if not resume and not dry_run:
            if settings.ENCRYPTION_KEYS:
                raise CommandError(FROM_ENVIRONMENT)
            _change_file(with_new_key)
        known = columns()
        failed = 0
        for column in known:
            last: Progress | None = None
            for last in reseal(column, dry_run=dry_run):
                self._tell_progress(last, json=json)
            failed += len(last.failed) if last else 0
        used = usage(known)
        self._tell_end(sorted(set(ring().keys) - {ring().active} - set(used)), failed, json=json)
        if failed:
            raise SystemExit(1)

    def _remove(self, key_id: str) -> None:
        if settings.ENCRYPTION_KEYS:
            raise CommandError("the keys come from ENCRYPTION_KEYS: take it out there")
        if key_id not in ring().keys:
            raise CommandError(f"no key {key_id}; there are {', '.join(sorted(ring().keys))}")
        if key_id == ring().active:
            raise CommandError(f"{key_id} is the active key: rotate first")
        needing = usage(columns())[key_id]
        if needing:
            raise CommandError(f"{needing} secrets need {key_id}: run `rotate_keys --resume` first")
        _change_file(lambda keys: without(keys, key_id))
        self.stdout.write(f"removed {key_id}")

    def _tell_progress(self, told: Progress, *, json: bool) -> None:
        if json:
            self._tell(column=told.column, total=told.total, done=told.done, failed=told.failed)
            return
        self.stdout.write(f"{told.column}: {told.done:,} of {told.total:,}")

    def _tell_end(self, unused: list[str], failed: int, *, json: bool) -> None:
        active = ring().active
        if json:
            self._tell(active=active, unused=unused, failed=failed)
            return
        self.stdout.write(f"active: {active}")
        if unused:
            self.stdout.write(f"not needed here any more: {', '.join(unused)}")
        if failed:
            self.stderr.write(
                f"{failed} secrets could not be read: see --json, and docs/security/secrets.md"
            )

    def _tell(self, **told: Any) -> None:
        self.stdout.write(json.dumps(told))


def _change_file(step: Callable[[KeyRing], KeyRing]) -> None:
    path = Path(settings.ENCRYPTION_KEYS_FILE)
    try:
        change(path, step)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
