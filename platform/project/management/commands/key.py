"""`manage.py key`: API keys of a tenant from the command line."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from kernel import clock, env
from kernel.errors import DomainError
from kernel.identity.models import ApiKey
from kernel.identity.selectors import account_by_name, tenant_by_slug
from kernel.identity.services import OVERLAP, issue_key, revoke_key, rotate_key
from kernel.tenancy.context import ALL_SCOPES


class Command(BaseCommand):
    """Issue, rotate, revoke or list keys."""

    help = "API keys: `key issue --tenant demo`, `key rotate ID`, `key revoke ID`, `key list`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        issue = verbs.add_parser("issue", help="make a key and show it once")
        issue.add_argument("--tenant", required=True, help="the tenant's slug")
        issue.add_argument("--account", help="the service account it belongs to, by name")
        issue.add_argument(
            "--name", default="from the command line", help="by which people know it"
        )
        issue.add_argument("--scope", action="append", help="such as audit:read; all without one")
        issue.add_argument("--expires-in", type=env.duration, help="such as 90d; never without it")
        rotate = verbs.add_parser("rotate", help="give a key a new secret and show it once")
        rotate.add_argument(
            "--overlap",
            type=env.duration,
            default=OVERLAP,
            help="how long the old secret opens the same: 0s to 30d, 1d if not said",
        )
        revoke = verbs.add_parser("revoke", help="close a key for ever")
        listing = verbs.add_parser("list", help="show keys, the newest first, without secrets")
        listing.add_argument("--tenant", help="the tenant's slug; all tenants without it")
        for one in (rotate, revoke):
            one.add_argument("id", help="the 16 characters after septet_live_ or septet_test_")
        for one in (issue, rotate, revoke, listing):
            one.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "issue": self._issue,
            "rotate": self._rotate,
            "revoke": self._revoke,
            "list": self._list,
        }
        try:
            verbs[verb](options)
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _issue(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["tenant"])
        account = account_by_name(tenant, options["account"]) if options["account"] else None
        lifetime = options["expires_in"]
        key, secret = issue_key(
            tenant=tenant,
            service_account=account,
            name=options["name"],
            scopes=options["scope"] or (account.scopes if account else [ALL_SCOPES]),
            expires_at=clock.now() + lifetime if lifetime else None,
        )
        self._tell(key, secret, options, secret=secret)

    def _rotate(self, options: dict[str, Any]) -> None:
        key, secret = rotate_key(key_id=options["id"], overlap=options["overlap"])
        self._tell(key, secret, options, secret=secret)

    def _revoke(self, options: dict[str, Any]) -> None:
        key = revoke_key(key_id=options["id"])
        self._tell(key, f"revoked {key}", options)

    def _list(self, options: dict[str, Any]) -> None:
        keys = ApiKey.objects.select_related(
            "tenant", "membership__user", "membership__tenant", "service_account"
        )
        if options["tenant"]:
            keys = keys.filter(tenant=tenant_by_slug(options["tenant"]))
        for key in keys.iterator():
            scopes = " ".join(key.scopes)
            line = f"{key.pk}  {key.tenant.slug:<16} {key.state:<8} {key.name}: {scopes}"
            self._tell(key, line, options)

    def _tell(self, key: ApiKey, line: str, options: dict[str, Any], **more: str) -> None:
        self.stdout.write(orjson.dumps(_told(key) | more).decode() if options["json"] else line)


def _told(key: ApiKey) -> dict[str, Any]:
    owner = key.membership or key.service_account
    return {
        "id": key.pk,
        "tenant": key.tenant.slug,
        "owner": str(owner) if owner else None,
        "name": key.name,
        "state": key.state,
        "scopes": key.scopes,
        **{
            name: moment.isoformat() if (moment := getattr(key, name)) else None
            for name in ("created_at", "rotated_at", "expires_at", "revoked_at", "last_used_at")
        },
    }
