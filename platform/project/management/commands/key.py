"""`manage.py key`: API keys of a tenant from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.identity.services import issue_key, revoke_key


class Command(BaseCommand):
    """Issue a key, or revoke one."""

    help = "Issue an API key (`key issue --tenant demo`) or revoke one (`key revoke ID`)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        issue = verbs.add_parser("issue", help="make a key and show it once")
        issue.add_argument("--tenant", required=True, help="the tenant's slug")
        issue.add_argument("--name", default="from the command line")
        issue.add_argument("--scope", action="append", help="such as audit:read; all without one")
        revoke = verbs.add_parser("revoke", help="close a key for ever")
        revoke.add_argument("id", help="the 16 characters after septet_live_ or septet_test_")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            if verb == "issue":
                _, secret = issue_key(
                    tenant=tenant_by_slug(options["tenant"]),
                    name=options["name"],
                    scopes=options["scope"] or ["*"],
                )
                self.stdout.write(secret)
            else:
                self.stdout.write(f"revoked {revoke_key(key_id=options['id'])}")
        except DomainError as error:
            raise CommandError(str(error)) from None
