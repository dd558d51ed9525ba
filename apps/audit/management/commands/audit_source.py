"""`manage.py audit_source`: which services of others may tell entries over Kafka."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors.sources import sources
from apps.audit.services.sources import add_source, remove_source
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Add or remove a source of CloudEvents, or show those of a tenant."""

    help = "Let a service of others tell entries into a tenant's log over Kafka, or no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["show", "add", "remove"], help="what to do")
        parser.add_argument("source", nargs="?", help="the `source` of its CloudEvents")
        parser.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        parser.add_argument(
            "--public-key", default="", help="Ed25519 in base64: what it has not signed is refused"
        )
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(
        self, verb: str, *, tenant: str, source: str | None, public_key: str, **options: Any
    ) -> None:
        if (source is None) != (verb == "show"):
            raise CommandError("name the source, or show all of them", returncode=2)
        try:
            with in_tenant(tenant_by_slug(tenant).pk):
                if verb == "add":
                    add_source(source=source or "", public_key=public_key)
                elif verb == "remove":
                    remove_source(source=source or "")
                for one in sources():
                    signs = one.public_key is not None
                    if options["json"]:
                        self.stdout.write(json.dumps({"source": one.source, "signs": signs}))
                    else:
                        self.stdout.write(f"{one.source}{' (signs)' if signs else ''}")
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
