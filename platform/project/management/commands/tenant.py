"""`manage.py tenant`: tenants from the command line."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from kernel.errors import DomainError
from kernel.identity.lifecycle import resume_tenant, suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.selectors import tenant_by_slug
from kernel.identity.services import create_tenant


class Command(BaseCommand):
    """Create, suspend, resume or list tenants."""

    help = (
        "Tenants: `tenant create SLUG`, `tenant suspend SLUG`, `tenant resume SLUG`, `tenant list`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a tenant")
        create.add_argument("--name", help="what people call it; the slug if not said")
        suspend = verbs.add_parser("suspend", help="shut its members and keys out; keep its data")
        resume = verbs.add_parser("resume", help="let its members and keys in again")
        listing = verbs.add_parser("list", help="show every tenant")
        for one in (create, suspend, resume):
            one.add_argument("slug")
        for one in (create, suspend, resume, listing):
            one.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "create": self._create,
            "suspend": self._suspend,
            "resume": self._resume,
            "list": self._list,
        }
        try:
            verbs[verb](options)
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _create(self, options: dict[str, Any]) -> None:
        name = options["name"] or options["slug"]
        self._tell(create_tenant(slug=options["slug"], name=name), options)

    def _suspend(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        self._tell(suspend_tenant(tenant_id=tenant.pk), options)

    def _resume(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        self._tell(resume_tenant(tenant_id=tenant.pk), options)

    def _list(self, options: dict[str, Any]) -> None:
        for tenant in Tenant.objects.iterator():
            self._tell(tenant, options)

    def _tell(self, tenant: Tenant, options: dict[str, Any]) -> None:
        told = {
            "id": str(tenant.pk),
            "slug": tenant.slug,
            "name": tenant.name,
            "state": tenant.state,
            "created_at": tenant.created_at.isoformat(),
        }
        line = f"{tenant.slug:<16} {tenant.state:<10} {tenant.name}"
        self.stdout.write(orjson.dumps(told).decode() if options["json"] else line)
