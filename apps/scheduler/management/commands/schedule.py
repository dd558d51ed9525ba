"""`manage.py schedule`: what an expression says, and the schedules of others brought in."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.scheduler.adapters.celery_beat import read_database
from apps.scheduler.domain.celery_beat import BeatEntry, BeatError, read_dump, read_rows
from apps.scheduler.domain.crontabs import Entry, read_crontab
from apps.scheduler.selectors.previews import MOST_NEXT, preview
from apps.scheduler.selectors.timetables import zone_of
from apps.scheduler.services.schedules import create_schedule
from kernel import clock
from kernel.errors import DomainError
from kernel.identity.selectors import tenant_by_slug
from kernel.tenancy.context import in_tenant

#: A longer file is no crontab.
MOST_BYTES = 1_000_000
MOST_DUMP_BYTES = 200_000_000


class Command(BaseCommand):
    """Show when something would be due, or make schedules of those that others have."""

    help = (
        "`preview` tells what a cron expression says, when it is due and what to look at (exit code"
        " 1 if it is none, or never due). `crontab` makes schedules of a crontab's lines: they are"
        " off, and tell an event with the command, until somebody says what is to be done."
        " `import-celery-beat` does the same of the tables of django-celery-beat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("preview", help="what a cron expression says")
        shown.add_argument("cron", help="such as '0 3 * * 1-5'")
        shown.add_argument("--zone", default="UTC", help="such as Europe/Amsterdam")
        shown.add_argument(
            "--dst",
            default="vixie",
            choices=["vixie", "skip"],
            help="what becomes of a time that a change of clocks leaves out",
        )
        shown.add_argument("--language", default="en", help="en, de, es, fr or nl")
        shown.add_argument("--count", type=int, default=10, help=f"times, at most {MOST_NEXT}")
        shown.add_argument("--json", action="store_true", help="report in one JSON object")
        brought = verbs.add_parser("crontab", help="schedules of a crontab")
        brought.add_argument("file", type=Path, help="the crontab")
        brought.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        brought.add_argument("--zone", default="UTC", help="of lines before any CRON_TZ")
        brought.add_argument("--system", action="store_true", help="each line names a user")
        brought.add_argument("--dry-run", action="store_true", help="make nothing")
        brought.add_argument("--json", action="store_true", help="report in one JSON object")

        of_beat = verbs.add_parser("import-celery-beat", help="schedules of django-celery-beat")
        of_beat.add_argument(
            "source", help="a dump in JSON (`dumpdata django_celery_beat`), or a database's URL"
        )
        of_beat.add_argument("--tenant", required=True, help="the tenant's slug, such as demo")
        of_beat.add_argument("--dry-run", action="store_true", help="make nothing")
        of_beat.add_argument("--json", action="store_true", help="report in one JSON object")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            if verb == "preview":
                self._preview(**options)
            elif verb == "crontab":
                self._bring(**options)
            else:
                self._bring_beat(**options)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None

    def _preview(self, *, cron: str, zone: str, dst: str, **options: Any) -> None:
        found = preview(cron, zone, dst, options["language"], options["count"])
        if found.problem is not None:
            told = f"{cron}\n{' ' * (found.problem.position or 0)}^ {found.problem.message}"
            if found.problem.hint:
                told += f"\n{found.problem.hint}"
            raise CommandError(told, returncode=1)
        times = [
            f"{one.astimezone(zone_of(zone)):%a %Y-%m-%d %H:%M:%S %Z}" for one in found.next_runs
        ]
        if options["json"]:
            report = {
                "description": found.description,
                "next": [one.isoformat() for one in found.next_runs],
                "findings": [{"code": one.code, "message": one.message} for one in found.findings],
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(f"{found.description}, {zone}")
            for time in times:
                self.stdout.write(f"  {time}")
            for finding in found.findings:
                self.stdout.write(f"look at this: {finding.message}")
        if any(one.code == "never" for one in found.findings):
            raise CommandError("it never fires", returncode=1)

    def _bring(self, *, file: Path, tenant: str, zone: str, **options: Any) -> None:
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            raise CommandError(f"{file} is no file, or longer than a crontab", returncode=2)
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        entries = list(read_crontab(lines, system=options["system"]))
        good = [one for one in entries if not one.problem]
        with in_tenant(tenant_by_slug(tenant).pk), transaction.atomic():
            for entry in [] if options["dry_run"] else good:
                _make(entry, file.name, zone)
        bad = [one for one in entries if one.problem]
        if options["json"]:
            problems = [{"line": one.line, "problem": one.problem} for one in bad]
            self.stdout.write(json.dumps({"schedules": len(good), "problems": problems}))
        else:
            for one in bad:
                self.stderr.write(f"{file.name}:{one.line}: {one.problem}")
            verb = "would be made" if options["dry_run"] else "were made, and are off"
            self.stdout.write(f"{len(good)} schedules {verb}")
        if bad:
            raise CommandError(f"{len(bad)} lines were passed over", returncode=1)

    def _bring_beat(self, *, source: str, tenant: str, **options: Any) -> None:
        try:
            rows = read_database(source) if "://" in source else read_dump(_text(Path(source)))
            entries = list(read_rows(rows, clock.now()))
        except BeatError as error:
            raise CommandError(str(error), returncode=2) from None
        with in_tenant(tenant_by_slug(tenant).pk):
            found = [_tried(one, dry_run=options["dry_run"]) for one in entries]
        bad = [one for one in found if one.problem]
        made = len(found) - len(bad)
        if options["json"]:
            problems = [{"name": one.name, "problem": one.problem} for one in bad]
            notes = [{"name": one.name, "notes": one.notes} for one in found if one.notes]
            told = {"schedules": made, "problems": problems, "notes": notes}
            self.stdout.write(json.dumps(told))
        else:
            for one in found:
                for note in (*filter(None, [one.problem]), *one.notes):
                    self.stderr.write(f"{one.name}: {note}")
            verb = "would be made" if options["dry_run"] else "were made, and are off"
            self.stdout.write(f"{made} schedules {verb}")
        if bad:
            raise CommandError(f"{len(bad)} tasks were passed over", returncode=1)


def _text(file: Path) -> str:
    if not file.is_file() or file.stat().st_size > MOST_DUMP_BYTES:
        raise BeatError(f"{file} is no file, or longer than a dump")
    return file.read_text(encoding="utf-8", errors="replace")


def _tried(entry: BeatEntry, *, dry_run: bool) -> BeatEntry:
    """Make a schedule of a task, or say why there can be none; a dry run takes it back."""
    if entry.problem:
        return entry
    try:
        with transaction.atomic():
            create_schedule(
                name=entry.name or "celery-beat", tags=["celery-beat"], **entry.said, enabled=False
            )
            transaction.set_rollback(dry_run)
    except DomainError as error:
        return replace(entry, problem=str(error))
    return entry


def _make(entry: Entry, origin: str, zone: str) -> None:
    create_schedule(
        name=entry.command[:200],
        owner=entry.user,
        tags=["crontab"],
        cron=entry.cron,
        time_zone=entry.time_zone or zone,
        parameters={"command": entry.command, "from": f"{origin}:{entry.line}"},
        enabled=False,
    )
