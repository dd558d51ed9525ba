"""`manage.py move_database`: from a file of SQLite to PostgreSQL, every table proved by a sum."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from kernel.database.limits import without_limits
from kernel.moving.errors import MisuseError, MoveError
from kernel.moving.move import Moved, left_behind, move_tables, refuse_other_release, try_values
from kernel.moving.source import Source, held
from kernel.moving.target import Target
from kernel.moving.values import Column
from kernel.tenancy.aliases import system_alias
from project.moving import make_room, make_tables

#: As PostgreSQL calls it.
_VARYING = "character varying"
_KEYS = (
    "API keys that were issued on SQLite say `test` unless KEY_ENVIRONMENT was set, and are refused"
    " as KEY_ENVIRONMENT is `live` now: set it to what it was"
)
_NEXT = "nothing of the old database has changed; see docs/runbooks/move-database.md"


class Command(BaseCommand):
    """Hold the old database, make the tables of the new one, copy, compare, and say what to do."""

    help = "Move a database of SQLite into the empty PostgreSQL database of DATABASE_URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="file",
            type=Path,
            default=settings.DATA_DIR / "septet.sqlite3",
            help="the file of SQLite; septet.sqlite3 in the data folder if not said",
        )
        parser.add_argument("--dry-run", action="store_true", help="read and check, change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, file: Path, dry_run: bool, json: bool, **_options: Any) -> None:
        self._as_json, self._began = json, time.monotonic()
        self._rows = self._tables = 0
        try:
            with without_limits(system_alias()):
                self._handle(_target(), file, dry_run=dry_run)
        except MoveError as error:
            code = 2 if isinstance(error, MisuseError) else 1
            raise CommandError(f"{error}; {_NEXT}", returncode=code) from None

    def _handle(self, target: Target, file: Path, *, dry_run: bool) -> None:
        with held(file) as source:
            begun = target.begun_from()
            refuse_other_release(source, _migrations(), settings.SERVICES)
            if begun not in (None, str(file.resolve())):
                raise MisuseError(f"a move from {begun} has begun into this database")
            if settings.KEY_ENVIRONMENT == "live" and source.count("identity_apikey"):
                self.stderr.write(_KEYS)
            if dry_run:
                self._try(source)
                return
            if begun is None:
                target.begin(str(file.resolve()))
            self._move(source, target)

    def _try(self, source: Source) -> None:
        self._of = len(source.tables())
        problems = try_values(source, _types(), self._told)
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise MoveError(f"PostgreSQL would refuse values of {len(problems)} tables")
        self._say("can be moved", problems=problems)

    def _move(self, source: Source, target: Target) -> None:
        # Once: from then on nothing there says which migrations ran, until that table is moved.
        if not target.is_cleared():
            call_command("migrate", verbosity=0)
            target.clear()
        make_room(source)
        self._of = len(source.tables())
        move_tables(source, target, self._told)
        # Described by rows that are there now.
        before = target.tables()
        if make_tables():
            move_tables(source, target, self._told, but=before)
        # Such as tables of a change that was taken back, which a sweep drops sooner or later.
        left = left_behind(source, target)
        if left:
            self.stderr.write(f"left out, as nothing describes them: {', '.join(left)}")
        if "audit" in settings.SERVICES:
            try:
                call_command("audit_verify", stdout=self.stderr)
            except CommandError as error:
                raise MoveError(f"the seals of the audit logs: {error}") from None
        target.finish()
        text = "are moved: start with these settings, and keep the file until all is well"
        self._say(text, left=left)

    def _told(self, moved: Moved) -> None:
        self._rows += moved.rows
        self._tables += 1
        if self._as_json:
            told = {"table": moved.table, "rows": moved.rows, "sum": moved.sum}
            self.stdout.write(json.dumps(told | {"earlier": moved.earlier}))
        elif self.stderr.isatty():
            end = "\n" if self._tables == self._of else "\r"
            self.stderr.write(f"tables: {self._tables} of {self._of}", ending=end)

    def _say(self, what: str, **more: Any) -> None:
        seconds = round(time.monotonic() - self._began, 1)
        figures = {"tables": self._tables, "rows": self._rows, "seconds": seconds}
        text = f"{self._rows:,} rows of {self._tables} tables, checked in {seconds} s, {what}"
        self.stdout.write(json.dumps(figures | more) if self._as_json else text)


def _target() -> Target:
    connection = connections[system_alias()]
    if connection.vendor != "postgresql":
        raise MisuseError("DATABASE_URL names SQLite: set it to the new database of PostgreSQL")
    return Target(connection)


def _migrations() -> list[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [*loader.disk_migrations]


def _types() -> dict[str, list[Column]]:
    """Return what tables will be made of, as their models say."""
    connection = connections[system_alias()]
    models: list[type[Model]] = [*apps.get_models(include_auto_created=True)]
    models.append(MigrationRecorder.Migration)
    return {
        model._meta.db_table: [
            Column(str(field.column), str(field.db_type(connection)).replace("varchar", _VARYING))
            for field in model._meta.concrete_fields
        ]
        for model in models
        if model._meta.managed and not model._meta.proxy
    }
