"""The engine: a look with nothing due at 1,000 and 100,000 schedules, and how many fire a second.

    python bench/bench_scheduler_engine.py [--many 100000] [--due 2000]

On a database of its own, SQLite unless BENCH_DATABASE_URL names an empty one.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]


def prepare(folder: str) -> None:
    """Set Django up on tables of its own."""
    os.environ["DATABASE_URL"] = os.environ.get(
        "BENCH_DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3"
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    os.environ["SERVICES"] = "scheduler"
    os.environ["DATA_DIR"] = folder
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(count: int) -> None:
    """Make so many that are due in a year."""
    from apps.scheduler.models import JobSchedule
    from kernel import clock

    later = clock.now() + timedelta(days=365)
    rows = (JobSchedule(name=str(n), cron="0 * * * *", next_run_at=later) for n in range(count))
    JobSchedule.objects.bulk_create(rows, batch_size=1_000)


def idle() -> float:
    """Return the median of looks with nothing due, in milliseconds."""
    from apps.scheduler.services.firing import fire_due

    times = []
    for _ in range(200):
        began = time.perf_counter()
        fire_due()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1_000


def firing(due: int) -> float:
    """Return how many fire a second."""
    from apps.scheduler.models import JobSchedule
    from apps.scheduler.services.firing import fire_due
    from kernel import clock

    now = clock.now().replace(minute=0, second=0, microsecond=0)
    some: Any = JobSchedule.objects.order_by("id").values_list("pk", flat=True)[:due]
    JobSchedule.objects.filter(pk__in=list(some)).update(next_run_at=now)
    began = time.perf_counter()
    fired = fire_due(now + timedelta(seconds=1))
    return fired / (time.perf_counter() - began)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=2_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        from kernel.tenancy.context import in_tenant
        from kernel.testing.tenants import make_tenant

        with in_tenant(make_tenant().pk):
            fill(1_000)
            few = idle()
            fill(told.many - 1_000)
            many = idle()
            speed = firing(told.due)
        sys.stdout.write(f"idle look at 1,000 schedules: {few:.2f} ms\n")
        sys.stdout.write(
            f"idle look at {told.many:,}: {many:.2f} ms, {many / few:.2f} times that\n"
        )
        sys.stdout.write(f"fired {told.due:,} at {speed:,.0f} a second\n")


if __name__ == "__main__":
    main()
