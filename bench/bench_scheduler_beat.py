"""The scheduler beside django-celery-beat's DatabaseScheduler, at 10,000 and 100,000 entries.

    BEAT_PATH=folder python bench/bench_scheduler_beat.py

`BEAT_PATH` holds django-celery-beat and what it needs beside Celery and Django, such as from
`uv pip install --target folder --no-deps django-celery-beat==2.9.0 django-timezone-field
python-crontab cron-descriptor`. Both run on one PostgreSQL, each in a process of its own that
sends nothing: what it takes to start, in memory, for a look with nothing due, and after an edit.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from apart import own_environment, print_machine, run_here

COUNTS = tuple(map(int, os.environ.get("COUNTS", "10000,100000").split(",")))
LOOKS = int(os.environ.get("LOOKS", "20"))
EDITS = int(os.environ.get("EDITS", "3"))
_ROWS = {
    "start": "until the first look, ms",
    "memory": "memory of it, MB",
    "look": "a look, ms",
    "edit": "the look after an edit, ms",
}


def main() -> None:
    """Measure both in turn, at each number of entries."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "ours":
        ours(int(sys.argv[2]))
    elif verb == "here":
        measure()
    else:
        print_machine()
        with own_environment(SERVICES="scheduler") as environment:
            run_here(environment, "postgres")


def measure() -> None:
    """Print a table for each number of entries."""
    folder = os.environ.get("BEAT_PATH", "")
    peer = str(Path(__file__).with_name("beat_peer.py"))
    path = os.pathsep.join([folder, os.environ["PYTHONPATH"]])
    for count in COUNTS:
        found = {"septet": asked([sys.argv[0], "ours", str(count)], os.environ["PYTHONPATH"])}
        if folder:
            found["celery-beat"] = asked([peer, str(count)], path)
        print(f"{count:,} entries" + "".join(f"{name:>16}" for name in found))
        for key, told in _ROWS.items():
            print(f"  {told:<28}" + "".join(f"{one[key]:>16.1f}" for one in found.values()))
    if not folder:
        print("django-celery-beat is not measured: BEAT_PATH says where it is")


def asked(arguments: list[str], path: str) -> dict[str, float]:
    """Return the figures of one, in a process of its own."""
    told = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def ours(count: int) -> None:
    """Measure the scheduler."""
    import django

    django.setup()

    from datetime import timedelta

    from django.core.management import call_command

    from apps.scheduler.models import JobSchedule
    from apps.scheduler.services.firing import fire_due
    from apps.scheduler.services.schedules import update_schedule
    from kernel import clock
    from kernel.tenancy.context import in_tenant
    from kernel.testing.tenants import make_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(make_tenant().pk):
        later = clock.now() + timedelta(days=300)
        rows = (JobSchedule(name=str(n), cron="0 0 1 1 *", next_run_at=later) for n in range(count))
        JobSchedule.objects.bulk_create(rows, batch_size=1_000)
        some = [str(pk) for pk in JobSchedule.objects.values_list("pk", flat=True)[:EDITS]]
        before = memory()
        start = timed_ms(fire_due)
        grown = memory() - before
        look = median(timed_ms(fire_due) for _ in range(LOOKS))
        edits = []
        for pk in some:
            update_schedule(id=pk, cron="0 0 2 1 *")
            edits.append(timed_ms(fire_due))
    print(json.dumps({"start": start, "memory": grown, "look": look, "edit": median(edits)}))


def timed_ms(work: Any) -> float:
    """Return the milliseconds that it takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def memory() -> float:
    """Return how many MB this process has just now (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel tells no memory")


if __name__ == "__main__":
    main()
