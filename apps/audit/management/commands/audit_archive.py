"""`manage.py audit_archive`: do what retention has due, or say what would go and when."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError

from apps.audit.selectors.integrity import tenants_with_logs
from apps.audit.selectors.retention import Step, plan
from apps.audit.services.retaining import Round, retain
from kernel.errors import DomainError
from kernel.identity.selectors import slugs_of, tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Archive, remove and let go what is due, tenant by tenant; go on where it was broken off."""

    help = "Archives, removes and lets go audit logs as far as their policies say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="the slug of one tenant; without it, all of them")
        parser.add_argument("--dry-run", action="store_true", help="say what would go and when")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, *, tenant: str | None = None, **options: Any) -> None:
        try:
            tenant_ids = [tenant_by_slug(tenant).pk] if tenant else tenants_with_logs()
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        names = slugs_of(tenant_ids)
        problems = 0
        for tenant_id in tenant_ids:
            name = names.get(tenant_id, str(tenant_id))
            with in_tenant(tenant_id):
                if options["dry_run"]:
                    for step in plan():
                        self._tell_step(step, tenant_id, name, as_json=options["json"])
                    continue
                try:
                    self._tell_round(retain(), tenant_id, name, as_json=options["json"])
                except DomainError as error:
                    problems += 1
                    self.stderr.write(f"{name}: {error}")
        if problems:
            raise CommandError(
                "nothing was removed of what is not as it was sealed; what to do is in"
                " docs/runbooks/audit-archive.md"
            )

    def _tell_step(self, step: Step, tenant_id: UUID, name: str, *, as_json: bool) -> None:
        month, due = f"{step.month:%Y-%m}", step.due.date().isoformat() if step.due else None
        if as_json:
            told = {
                "tenant": str(tenant_id),
                "month": month,
                "actions": step.rule.actions,
                "logs": step.logs,
                "held": step.held,
                "due": due,
                "archived": step.rule.archived,
            }
            self.stdout.write(json.dumps(told))
            return
        what = "into an archive" if step.rule.archived else "for good"
        when = f"go {what} from {due} on" if due else "stay for ever"
        held = f", {step.held} are held" if step.held else ""
        self.stdout.write(f"{name}: {month} {step.rule.actions}: {step.logs} logs {when}{held}")

    def _tell_round(self, done: Round, tenant_id: UUID, name: str, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"tenant": str(tenant_id), **asdict(done)}))
            return
        self.stdout.write(
            f"{name}: {done.logs} logs into {done.archives} archives, {done.removed} removed from"
            f" the database, {done.expired} expired, {done.held} held or waiting"
        )
