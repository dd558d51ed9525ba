"""What archiving audit logs costs beside COPY TO of the same rows, and what searching them does.

Targets: verified archives in at most 2.5 times the time of COPY TO and 0.4 times its bytes; a
search over a million archived logs at most 1 s. PostgreSQL; recording them is not measured.

    bench_audit_archive.py [--rows 20000]
"""

import argparse
import os
import random
from dataclasses import replace
from datetime import UTC, datetime
from statistics import mean
from unittest.mock import patch

from apart import own_environment, peak_memory, print_machine, run_here, timed, verdict

COPY = "COPY (SELECT * FROM audit_auditlog) TO STDOUT"
MONTH = datetime(2024, 3, 5, tzinfo=UTC)


def main() -> None:
    """Measure in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("here", nargs="?")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    options = parser.parse_args()
    if options.here:
        measure(int(os.environ["BENCH_ROWS"]))
        return
    print_machine()
    with own_environment(SERVICES="audit", BENCH_ROWS=str(options.rows)) as environment:
        run_here(environment, "postgres")


def measure(rows: int) -> None:
    """Record logs of a month that has ended; copy, archive and search them."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from apps.audit.domain.queries import LogQuery
    from apps.audit.models import Archive
    from apps.audit.selectors.archived import ArchiveSearch
    from apps.audit.selectors.retention import rules
    from apps.audit.services.archiving import archive_some
    from apps.audit.services.retaining import retain
    from kernel.ids import new_id
    from kernel.tenancy.context import in_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(new_id()):
        record(rows)
        copied = 0

        def copy_out() -> None:
            nonlocal copied
            with connection.cursor() as cursor, cursor.copy(COPY) as out:
                copied = sum(map(len, out))

        from django.db import transaction

        with transaction.atomic():
            copying = [timed(copy_out)]
        rule = replace(rules()[0], live_days=1)

        def archive() -> None:
            while made := archive_some(MONTH.date().replace(day=1), rule):
                Archive.objects.filter(pk=made.pk).update(made_at=MONTH)

        before = peak_memory()
        archiving = timed(archive)
        added = peak_memory() - before
        with transaction.atomic():
            copying.append(timed(copy_out))
        size = sum(Archive.objects.values_list("size_bytes", flat=True))
        verdict("archive beside COPY TO, time", archiving / mean(copying), at_most=2.5)
        verdict("archive beside COPY TO, bytes", size / copied, at_most=0.4)
        # A group of logs at a time, however many they are, and pyarrow itself.
        verdict("memory that archiving adds, MB", added, at_most=300)
        retain()
        for told in ({"actor_id": "u-7"}, {"text": "w00007"}, {"text": "nowhere"}):
            seconds = timed(
                lambda told=told: ArchiveSearch(LogQuery.of(told)).page(None, 51, descending=True)
            )
            verdict(f"search of archives by {told}, s", seconds, at_most=1.0)


def words() -> str:
    """Return some words, of 20,000 that there are."""
    return " ".join(f"w{random.randrange(20_000):05}" for _ in range(25))


def record(rows: int) -> None:
    """Record and seal so many logs, at a moment of that month."""
    from apps.audit.domain.entries import Actor
    from apps.audit.services.recording import record_all
    from apps.audit.services.sealing import seal_log
    from kernel import clock
    from tests.audit.factories import an_entry

    with patch.object(clock, "now", lambda: MONTH), patch("kernel.ids._sequence._milliseconds", 0):
        for _ in range(rows // 1_000):
            record_all(
                [
                    an_entry(
                        action=f"step.{random.randrange(50)}",
                        actor=Actor(type="user", id=f"u-{random.randrange(200)}"),
                        metadata={"note": words()},
                    )
                    for _ in range(1_000)
                ]
            )
    seal_log()


if __name__ == "__main__":
    main()
