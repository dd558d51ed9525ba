"""`manage.py audit_ingest FILE`: records of another system become audit logs."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from apps.audit.adapters.json_lines import JsonLines
from apps.audit.domain.mappings import MAPPINGS
from apps.audit.services.recording import Report, ingest
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant


class Command(BaseCommand):
    """Read a file once or again: what is recorded already is passed over."""

    help = "Record a file of JSON lines (plain or .gz) as audit logs of a tenant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="of JSON lines, plain or .gz")
        parser.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        parser.add_argument(
            "--mapping",
            choices=sorted(MAPPINGS),
            default="septet",
            help="what a line is: one of ours if not said, or a record of another system",
        )
        parser.add_argument("--json", action="store_true", help="report in JSON lines")

    def handle(self, *, file: Path, tenant: str, mapping: str, **options: Any) -> None:
        as_json = options["json"]
        console = Console(stderr=True, quiet=as_json)
        try:
            tenant_id = tenant_by_slug(tenant).pk
            with (
                JsonLines.open(file) as lines,
                in_tenant(tenant_id),
                _progress(console) as progress,
            ):
                task = progress.add_task(file.name, total=lines.bytes_total)
                report = ingest(
                    lines,
                    MAPPINGS[mapping],
                    on_problem=lambda number, why: self._tell(as_json, number, why),
                    on_progress=lambda _: progress.update(task, completed=lines.bytes_read),
                )
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        self._close(as_json, report)

    def _tell(self, as_json: bool, number: int, why: str) -> None:
        line = json.dumps({"line": number, "problem": why}) if as_json else f"line {number}: {why}"
        (self.stdout if as_json else self.stderr).write(line)

    def _close(self, as_json: bool, report: Report) -> None:
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "read": report.read,
                        "recorded": report.recorded,
                        "known": report.known,
                        "problems": report.problems,
                    }
                )
            )
        else:
            self.stdout.write(
                f"{report.read} read: {report.recorded} recorded, {report.known} known already,"
                f" {report.problems} with problems"
            )
        if report.problems:
            raise CommandError("some lines were left out; mend them and run this again")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
