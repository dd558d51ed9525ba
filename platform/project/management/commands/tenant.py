"""`manage.py tenant`: tenants from the command line."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kernel import env
from kernel.errors import DomainError, NotFoundError
from kernel.identity.departures import TenantDeletion
from kernel.identity.exports import rows_to_export, write_export
from kernel.identity.lifecycle import delete_tenant, resume_tenant, suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.selectors import tenant_by_slug
from kernel.identity.services import create_tenant

BY = "the command line"


class Command(BaseCommand):
    """Create, suspend, resume, export, delete or list tenants."""

    help = "Tenants: `tenant create SLUG`, and so on; `tenant VERB --help` tells more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a tenant")
        create.add_argument("--name", help="what people call it; the slug if not said")
        suspend = verbs.add_parser("suspend", help="shut its members and keys out; keep its data")
        resume = verbs.add_parser("resume", help="let it in again, also in the grace period")
        export = verbs.add_parser("export", help="write everything of it into a ZIP")
        export.add_argument("--output", type=Path, help="the file; SLUG.zip if not said")
        delete = verbs.add_parser("delete", help="shut it out, and erase it after a grace period")
        delete.add_argument(
            "--grace", type=env.duration, help="such as 7d; TENANT_GRACE if not said"
        )
        delete.add_argument("--yes", action="store_true", help="do not ask")
        report = verbs.add_parser("report", help="tell how far a deletion is, and what was erased")
        listing = verbs.add_parser("list", help="show every tenant")
        for one in (create, suspend, resume, export, delete, report):
            one.add_argument("slug", help="of the tenant")
        for one in (create, suspend, resume, export, delete, report, listing):
            one.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "create": self._create,
            "suspend": self._suspend,
            "resume": self._resume,
            "export": self._export,
            "delete": self._delete,
            "report": self._report,
            "list": self._list,
        }
        try:
            verbs[verb](options)
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _create(self, options: dict[str, Any]) -> None:
        name = options["name"] or options["slug"]
        self._show(create_tenant(slug=options["slug"], name=name), options)

    def _suspend(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        self._show(suspend_tenant(tenant_id=tenant.pk), options)

    def _resume(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        self._show(resume_tenant(tenant_id=tenant.pk), options)

    def _list(self, options: dict[str, Any]) -> None:
        for tenant in Tenant.objects.iterator():
            self._show(tenant, options)

    def _export(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        output = options["output"] or Path(f"{tenant.slug}.zip")
        console = Console(stderr=True, quiet=options["json"])
        try:
            with output.open("xb") as file, _progress(console) as progress:
                task = progress.add_task(str(output), total=rows_to_export(tenant))
                exported = write_export(tenant, file, lambda rows: progress.advance(task, rows))
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}; name another by --output") from None
        rows = sum(one.rows for one in exported)
        told = {"file": str(output), "tables": len(exported), "rows": rows}
        self._tell(told, f"{output}: {rows:,} rows of {len(exported)} tables", options)

    def _delete(self, options: dict[str, Any]) -> None:
        tenant = tenant_by_slug(options["slug"])
        if not options["yes"] and _asked(tenant) != tenant.slug:
            raise CommandError("nothing was done; --yes does it without a question")
        deletion = delete_tenant(tenant_id=tenant.pk, grace=options["grace"], requested_by=BY)
        self._show_deletion(deletion, options)

    def _report(self, options: dict[str, Any]) -> None:
        deletion = TenantDeletion.objects.filter(slug=options["slug"]).first()
        if deletion is None:
            raise NotFoundError(f"no deletion of a tenant {options['slug']}")
        self._show_deletion(deletion, options)

    def _show(self, tenant: Tenant, options: dict[str, Any]) -> None:
        told = {
            "id": tenant.pk,
            "slug": tenant.slug,
            "name": tenant.name,
            "state": tenant.state,
            "created_at": tenant.created_at,
            "delete_after": tenant.delete_after,
        }
        self._tell(told, f"{tenant.slug:<16} {tenant.state:<10} {tenant.name}", options)

    def _show_deletion(self, deletion: TenantDeletion, options: dict[str, Any]) -> None:
        moments = ("delete_after", "cancelled_at", "started_at", "finished_at")
        told: dict[str, Any] = {name: getattr(deletion, name) for name in moments}
        parts = {part.app: part.tables for part in deletion.parts.all()}
        line = f"{deletion.slug} {deletion.state}, to be erased after {deletion.delete_after:%F %T}"
        lines = [
            line,
            *(f"  {table:<32} {rows:>10,}" for of in parts.values() for table, rows in of.items()),
        ]
        told |= {
            "slug": deletion.slug,
            "state": deletion.state,
            "parts": parts,
            "unreached": deletion.unreached,
        }
        self._tell(told, "\n".join(lines), options)

    def _tell(self, told: dict[str, Any], line: str, options: dict[str, Any]) -> None:
        self.stdout.write(orjson.dumps(told).decode() if options["json"] else line)


def _asked(tenant: Tenant) -> str:
    try:
        return input(f"All data of {tenant.name} will be erased. Type {tenant.slug} to go on: ")
    except EOFError:
        return ""


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
