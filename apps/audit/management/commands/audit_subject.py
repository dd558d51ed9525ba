"""`manage.py audit_subject`: erase data subjects, and again after a backup was restored."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors.integrity import tenants_with_logs
from apps.audit.services.erasing import erase_again, erase_subject
from kernel.errors import DomainError
from kernel.identity.selectors import slugs_of, tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Say what erasing a subject would do, do it, or erase once more what a backup brought back."""

    help = "Look at a data subject (show), erase it (erase), or replay erasures (erase-again)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb", choices=["show", "erase", "erase-again"], help="see above; show changes nothing"
        )
        parser.add_argument("subject", nargs="?", help="the subject, as entries name it")
        parser.add_argument("--tenant", help="the tenant's slug; erase-again takes all without it")
        parser.add_argument("--reason", default="", help="kept for ever: name nobody in it")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, verb: str, *, subject: str | None, tenant: str | None, **options: Any) -> None:
        if (verb == "erase-again") != (subject is None) or (subject and not tenant):
            raise CommandError("name a subject and its tenant, or neither", returncode=2)
        try:
            tenant_ids = [tenant_by_slug(tenant).pk] if tenant else tenants_with_logs()
            names = slugs_of(tenant_ids)
            for tenant_id in tenant_ids:
                with in_tenant(tenant_id):
                    told: dict[str, Any] = {"tenant": names.get(tenant_id, str(tenant_id))}
                    if subject is None:
                        told["erased_again"] = sum(1 for _ in erase_again())
                    else:
                        tried = verb == "show"
                        reason = options["reason"]
                        done = erase_subject(subject=subject, reason=reason, dry_run=tried)
                        told |= {
                            "logs": done.logs,
                            "erased": done.erased_at is not None,
                            "held_by": list(done.held_by),
                        }
                self.stdout.write(json.dumps(told) if options["json"] else _line(told))
        except DomainError as error:
            raise CommandError(str(error), returncode=1) from None


def _line(told: dict[str, Any]) -> str:
    if "erased_again" in told:
        return f"{told['tenant']}: {told['erased_again']} erased again"
    held = f", held by {', '.join(told['held_by'])}" if told["held_by"] else ""
    verb = "erased" if told["erased"] else "with something personal of it"
    return f"{told['tenant']}: {told['logs']} logs {verb}{held}"
