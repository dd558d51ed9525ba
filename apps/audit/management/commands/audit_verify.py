"""`manage.py audit_verify`: is every record the one that was sealed?"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from apps.audit.selectors.integrity import tenants_with_logs
from apps.audit.services.verification import Verified, verify_log
from kernel.errors import DomainError
from kernel.identity.selectors import slugs_of, tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Verify all logs or one; the first record that was altered is named."""

    help = "Verify records, leaves, tiles and checkpoints of the audit logs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="the slug of one tenant; without it, all of them")
        parser.add_argument("--since", help="what was sealed from this time on, such as 2026-05-01")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(
        self, *, tenant: str | None = None, since: str | None = None, **options: Any
    ) -> None:
        try:
            tenant_ids = [tenant_by_slug(tenant).pk] if tenant else tenants_with_logs()
            moment = _moment(since) if since else None
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        names = slugs_of(tenant_ids)
        problems = 0
        with _progress(quiet=options["json"]) as progress:
            for tenant_id in tenant_ids:
                name = names.get(tenant_id, str(tenant_id))
                found = _verified(tenant_id, name, moment, progress)
                problems += bool(found.problem)
                self._tell(found, tenant_id, name, as_json=options["json"])
        if problems:
            raise CommandError(
                f"{problems} log{'s are' if problems > 1 else ' is'} not as it was sealed; what to"
                " do is in docs/runbooks/audit-integrity.md"
            )

    def _tell(self, found: Verified, tenant_id: UUID, name: str, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"tenant": str(tenant_id), **asdict(found)}))
        elif found.problem:
            self.stdout.write(f"{name}: {found.problem}")
        else:
            self.stdout.write(
                f"{name}: {found.size} logs in {found.checkpoints} checkpoints are as they were"
                f" sealed, {found.unsealed} wait"
            )


def _verified(tenant_id: UUID, name: str, since: datetime | None, progress: Progress) -> Verified:
    task = progress.add_task(name, total=None)
    with in_tenant(tenant_id):
        return verify_log(
            since=since,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        why = f"{text!r} is no time such as 2026-05-01T12:00:00Z"
        raise CommandError(why, returncode=2) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _progress(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=quiet),
    )
