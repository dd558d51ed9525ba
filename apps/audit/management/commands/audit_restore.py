"""`manage.py audit_restore`: put the logs of an archive back into the database for some days."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from apps.audit.services.comparing import AlteredError
from apps.audit.services.restoring import RESTORED_DAYS, archive_anywhere, restore_now
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Restore one archive. Given again, it only moves the day on which its logs go."""

    help = "Puts archived audit logs back into the database, where they are for some days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", help="the id of the archive")
        parser.add_argument(
            "--days", type=int, default=RESTORED_DAYS, help="for so long; %(default)s if not said"
        )
        parser.add_argument("--json", action="store_true", help="report in one JSON object")

    def handle(self, *, archive: str, days: int, **options: Any) -> None:
        try:
            found = archive_anywhere(archive)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        try:
            with in_tenant(found.tenant_id):
                done = restore_now(id=archive, days=days)
        except (AlteredError, DomainError) as error:
            raise CommandError(f"{error}; see docs/runbooks/audit-archive.md") from None
        if options["json"]:
            until = done.restored_until.isoformat() if done.restored_until else None
            told = {"archive": str(done.pk), "logs": done.logs, "restored_until": until}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(
            f"{done.logs} logs of {done} are in the database until {done.restored_until:%Y-%m-%d}"
        )
