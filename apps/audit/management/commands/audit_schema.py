"""`manage.py audit_schema`: what the entries of an action have to look like."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors.schemas import schemas
from apps.audit.services.schemas import add_schema, set_mode
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Show the versions of a tenant, add one, or say what it does."""

    help = "JSON Schemas of a tenant's audit entries: show, add FILE, or set the mode of a version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["show", "add", "mode"], help="see above")
        parser.add_argument("action", nargs="?", help="such as invoice.approved")
        parser.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        parser.add_argument("--file", type=Path, help="of the schema that is added")
        parser.add_argument("--version", type=int, dest="number", help="the one whose mode is set")
        parser.add_argument("--mode", default="warn", help="off, warn (by default) or enforce")
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        # Django's own --version gives way.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(
        self,
        verb: str,
        *,
        action: str | None,
        tenant: str,
        file: Path | None,
        number: int | None,
        mode: str,
        **options: Any,
    ) -> None:
        try:
            with in_tenant(tenant_by_slug(tenant).pk):
                if verb == "add" and action and file:
                    add_schema(action=action, schema=_read(file), mode=mode)
                elif verb == "mode" and action and number:
                    set_mode(action=action, version=number, mode=mode)
                elif verb != "show":
                    raise CommandError(
                        "add takes an action and --file, mode an action and --version", returncode=2
                    )
                self._show(action, as_json=options["json"])
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None

    def _show(self, action: str | None, *, as_json: bool) -> None:
        for one in schemas(action):
            if as_json:
                told = {"action": one.action, "version": one.version, "mode": one.mode}
                self.stdout.write(json.dumps(told))
            else:
                self.stdout.write(f"{one.action} {one.version}: {one.mode}")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{file} cannot be read: {error}", returncode=2) from None
