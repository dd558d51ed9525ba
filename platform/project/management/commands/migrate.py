"""`manage.py migrate`: Django's, as the role that owns the tables where there is one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from kernel.database.direct import keep_session
from kernel.database.limits import without_limits
from kernel.jobs.filling import ask_for_fillings
from kernel.tenancy.aliases import system_alias

#: Whoever comes behind a change of a table that waits for its lock waits as well: not for longer.
LOCK_SECONDS = 2
TRIES = 30
#: In between, those who have waited go first.
PAUSE_SECONDS = 3.0
_LOCK_NOT_AVAILABLE = "55P03"


class Command(Migrate):
    """Bring the database up to date, while others use it."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=system_alias())

    def handle(self, *arguments: Any, **options: Any) -> None:
        # A migration takes the time it takes, also as the role that serves; it waits for no lock.
        alias = options["database"]
        if alias == DEFAULT_DB_ALIAS and not connections[alias].in_atomic_block:
            # Behind a pooler others would be given the session with our limits.
            keep_session()
        with without_limits(alias), _impatient(alias) as may_try_again:
            for left in reversed(range(TRIES if may_try_again else 1)):
                try:
                    super().handle(*arguments, **options)
                    break
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                        raise
                    if not left:
                        raise CommandError(
                            f"others hold a table for longer than {LOCK_SECONDS} s, {TRIES} times:"
                            " what was done is done; look in pg_stat_activity for old transactions,"
                            " and migrate again",
                            returncode=1,
                        ) from None
                # What was done is done; the migration that had to wait was taken back.
                self.stderr.write(f"a table is in use; {left} tries left")
                time.sleep(PAUSE_SECONDS)
        if alias == system_alias() and not (options["plan"] or options["app_label"]):
            for name in ask_for_fillings():
                self.stdout.write(f"asked for {name}: rows of before are filled in by a worker")


@contextmanager
def _impatient(alias: str) -> Iterator[bool]:
    """Let no statement wait long for a table; give whether it may be tried again then."""
    connection = connections[alias]
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield False
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
    try:
        yield True
    finally:
        if connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
