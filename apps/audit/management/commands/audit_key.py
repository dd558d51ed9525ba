"""`manage.py audit_key`: the keys that sign the audit logs."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors.integrity import keys_of_log, tenants_with_logs
from apps.audit.services.signing import OVERLAP, rotate_key
from kernel.errors import DomainError
from kernel.identity.selectors import slugs_of, tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Show the public keys of the logs, or let new keys follow."""

    help = "Show the keys of the audit logs (show), or make new ones (rotate)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["show", "rotate"], help="see above")
        parser.add_argument("--tenant", help="the slug of one tenant; without it, all of them")
        parser.add_argument(
            "--now",
            action="store_true",
            help="the old key signs no more; else it signs beside the new one for 30 days",
        )
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(
        self, verb: str, *, tenant: str | None = None, now: bool = False, **options: Any
    ) -> None:
        try:
            tenant_ids = [tenant_by_slug(tenant).pk] if tenant else tenants_with_logs()
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        names = slugs_of(tenant_ids)
        for tenant_id in tenant_ids:
            with in_tenant(tenant_id):
                if verb == "rotate":
                    rotate_key(overlap=timedelta() if now else OVERLAP)
                self._show(names.get(tenant_id, str(tenant_id)), as_json=options["json"])

    def _show(self, name: str, *, as_json: bool) -> None:
        found = keys_of_log()
        if as_json:
            keys = [str(key) for key, _ in found]
            self.stdout.write(json.dumps({"tenant": name, "keys": keys}))
            return
        for key, row in found:
            until = f"until {row.signs_until:%Y-%m-%d %H:%M} UTC" if row.signs_until else "newest"
            self.stdout.write(f"{name}: {key} ({until})")
