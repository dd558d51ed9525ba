"""The engine of the scheduler, on SQLite and on PostgreSQL.

A look with nothing due at 1,000 and at 100,000 schedules; how many fire a second, beside the very
statements of that sent raw; and two processes that fire beside one. Targets: a look at most twice
as long; at least half as fast as raw; two at least 1.6 times one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

from apart import on_each_database, timed, verdict

#: Less of each where the machine is busy.
ROUNDS = int(os.environ.get("ROUNDS", "5"))
MANY = int(os.environ.get("MANY", "100000"))
DUE = int(os.environ.get("DUE", "2000"))
SHARED = int(os.environ.get("SHARED", "20000"))
LOOKS = 200


def main() -> None:
    """Measure on each database, in processes of their own."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "fire":
        fire()
    elif verb == "here":
        measure()
    else:
        on_each_database(SERVICES="scheduler")


def measure() -> None:
    """Measure on the database of the settings."""
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from kernel.tenancy.context import in_tenant
    from kernel.testing.tenants import make_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(make_tenant().pk):
        fill(1_000)
        few = idle()
        fill(MANY - 1_000)
        many = idle()
        print(f"  a look with nothing due: {few:.2f} ms at 1,000, {many:.2f} ms at {MANY:,}")
        verdict(f"a look at {MANY:,} by one at 1,000", many / few, at_most=2)
        beside_raw()
        if connection.vendor == "postgresql":
            beside_each_other()
    connection.close()


def fill(count: int) -> None:
    """Make so many that are due in a year."""
    from apps.scheduler.models import JobSchedule
    from kernel import clock

    later = clock.now() + timedelta(days=365)
    rows = (JobSchedule(name=str(n), cron="0 * * * *", next_run_at=later) for n in range(count))
    JobSchedule.objects.bulk_create(rows, batch_size=1_000)
    analyse()


def analyse() -> None:
    """Let the database know what it has."""
    from django.db import connection

    from kernel.tenancy.context import acting_as

    with acting_as(None), connection.cursor() as cursor:
        vacuum = connection.vendor == "postgresql"
        cursor.execute("VACUUM ANALYZE" if vacuum else "ANALYZE")


def idle() -> float:
    """Return the median of looks with nothing due, in milliseconds."""
    from apps.scheduler.services.firing import fire_due

    return median(timed(fire_due) for _ in range(LOOKS)) * 1_000


def let_be_due(count: int) -> datetime:
    """Let so many be due, none of which has a run, and return when."""
    from apps.scheduler.models import JobRun, JobSchedule
    from kernel import clock
    from kernel.jobs.models import Job

    JobRun.objects.all().delete()
    Job.objects.all().delete()
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    some: Any = JobSchedule.objects.order_by("id").values_list("pk", flat=True)[:count]
    JobSchedule.objects.all().update(next_run_at=now + timedelta(days=365))
    JobSchedule.objects.filter(pk__in=list(some)).update(next_run_at=now, runs_made=0)
    analyse()
    return now


def beside_raw() -> None:
    """Fire, then send the same statements through the driver alone, in turns."""
    from apps.scheduler.services.firing import fire_due

    ours, raw = [], []
    for _ in range(ROUNDS):
        now = let_be_due(DUE) + timedelta(seconds=1)
        ours.append(DUE / timed(partial(fire_due, now)))
        claims = claims_of(let_be_due(DUE) + timedelta(seconds=1))
        let_be_due(DUE)
        raw.append(DUE / timed(partial(send, claims)))
    ratios = [one / other for one, other in zip(ours, raw, strict=True)]
    print(f"  {DUE:,} due: {median(ours):,.0f} a second, raw {median(raw):,.0f}")
    verdict("firing by the same statements raw", median(ratios), at_least=0.5)


Statement = tuple[str, Any, bool]


def claims_of(now: datetime) -> list[list[Statement]]:
    """Fire, and return the statements of each claim."""
    from django.db import connection

    from apps.scheduler.services.firing import fire_some

    claims: list[list[Statement]] = []

    def remember(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        claims[-1].append((sql, params, many))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(remember):
        claims.append([])
        while fire_some(now)[1]:
            claims.append([])
    return claims


def send(claims: Sequence[Sequence[Statement]]) -> None:
    """Send them, each claim in a transaction, and read what they answer."""
    from django.db import connection, transaction

    on_sqlite = connection.vendor == "sqlite"
    for claim in claims:
        with transaction.atomic():
            cursor = connection.connection.cursor()
            for sql, params, many in claim:
                if sql.startswith("BEGIN"):
                    continue
                text = sql.replace("%s", "?") if on_sqlite else sql
                (cursor.executemany if many else cursor.execute)(text, params or ())
                if cursor.description is not None:
                    cursor.fetchall()


def beside_each_other() -> None:
    """Let one process fire all that is due, then two, in turns."""
    one, two = [], []
    for _ in range(ROUNDS):
        one.append(SHARED / drained_by(1))
        two.append(SHARED / drained_by(2))
    ratios = [both / alone for alone, both in zip(one, two, strict=True)]
    print(f"  {SHARED:,} due: one process {median(one):,.0f} a second, two {median(two):,.0f}")
    verdict("two processes by one", median(ratios), at_least=1.6)


def drained_by(processes: int) -> float:
    """Return the seconds in which so many processes fire all that is due."""
    now = let_be_due(SHARED)
    command = [sys.executable, sys.argv[0], "fire"]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    began = time.perf_counter()
    for one in started:
        assert one.stdin is not None
        one.stdin.write(f"{(now + timedelta(seconds=1)).isoformat()}\n")
        one.stdin.flush()
    fired = sum(int(one.communicate()[0]) for one in started)
    taken = time.perf_counter() - began
    if fired != SHARED:
        raise RuntimeError(f"{fired} were fired, and {SHARED} were due")
    return taken


def fire() -> None:
    """Be one process: say that it is ready, wait for a moment, fire what is due by then."""
    import django

    django.setup()

    from apps.scheduler.models import JobSchedule
    from apps.scheduler.services.firing import fire_due

    JobSchedule.across_tenants.exists()
    print("ready", flush=True)
    print(fire_due(datetime.fromisoformat(sys.stdin.readline().strip())), flush=True)


if __name__ == "__main__":
    main()
