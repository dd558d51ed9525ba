"""The timeline and the calendar of schedules over a million runs, on SQLite and on PostgreSQL.

1,000 schedules have been due each quarter of an hour for as long as their runs go back. Told is how
long a page of them takes, half of the times, for each of the windows that staff see; a page reads
runs one by one where they are few, and else counts some of them, so a window that is longer must
not take longer without end.
"""

import os
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from apart import on_each_database, timed

RUNS = int(os.environ.get("RUNS", "1000000"))
SCHEDULES = int(os.environ.get("SCHEDULES", "1000"))
LOOKS = int(os.environ.get("LOOKS", "11"))
APART = timedelta(minutes=15)
_WINDOWS = {"hour": 1, "day": 24, "week": 168, "42 days": 1_008}


def main() -> None:
    """Measure on each database, in processes of their own."""
    if sys.argv[1:] == ["here"]:
        measure()
    else:
        on_each_database(SERVICES="scheduler")


def measure() -> None:
    """Measure on the database of the settings."""
    import django

    django.setup()

    from django.core.management import call_command

    from apps.scheduler.domain.windows import days_of
    from apps.scheduler.selectors.days import count_days
    from apps.scheduler.selectors.timelines import timeline
    from apps.scheduler.selectors.timetables import zone_of
    from kernel import clock
    from kernel.tenancy.context import in_tenant
    from kernel.testing.tenants import make_tenant

    call_command("migrate", verbosity=0)
    until = clock.now().replace(minute=0, second=0, microsecond=0)
    with in_tenant(make_tenant().pk):
        began = time.perf_counter()
        fill(until)
        print(f"  {RUNS:,} runs of {SCHEDULES:,} schedules in {time.perf_counter() - began:.0f} s")
        for name, hours in _WINDOWS.items():
            since = until - timedelta(hours=hours)
            print(f"  timeline, {name}: p50 {p50(partial(timeline, since, until)):.1f} ms")
        days = days_of((until - timedelta(days=41)).date(), until.date(), zone_of("UTC"))
        print(f"  calendar, 42 days: p50 {p50(partial(count_days, days)):.1f} ms")


def fill(until: datetime) -> None:
    """Make the schedules and their runs, one in ten of which failed."""
    from django.db import connection, transaction

    from apps.scheduler.models import JobRun, JobSchedule
    from kernel.ids import new_id
    from kernel.rowsets import insert_rows
    from kernel.tenancy.context import acting_as

    later = until + timedelta(days=365)
    made = [
        JobSchedule(name=f"{n:05}", cron="*/15 * * * *", next_run_at=later)
        for n in range(SCHEDULES)
    ]
    JobSchedule.objects.bulk_create(made, batch_size=1_000)
    columns = ("id", "schedule_id", "state", "fire_time", "started_at", "finished_at")
    for schedule in made:
        times = [until - (n + 1) * APART for n in range(RUNS // SCHEDULES)]
        rows = [
            (new_id(), schedule.pk, "succeeded" if n % 10 else "failed", at, at, at + APART / 9)
            for n, at in enumerate(times)
        ]
        with transaction.atomic():
            insert_rows(JobRun(), columns, rows)
    with acting_as(None), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def p50(look: partial[object]) -> float:
    """Return the median of looks, in milliseconds."""
    return median(timed(look) for _ in range(LOOKS)) * 1_000


if __name__ == "__main__":
    main()
