"""How fast Celery workers do our jobs, beside a plain Celery app on the same Redis.

Both with two prefork processes and tasks that do nothing, in turns of the same run, on PostgreSQL
and Redis of `devservices`. No target: it tells what a row in the database costs.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from apart import own_environment, print_machine, run_here

ROUNDS = 3
JOBS = 1_000


def main() -> None:
    """Measure on servers of our own, or be one of the processes."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "work":
        work()
    elif verb == "here":
        measure()
    else:
        print_machine()
        with own_environment() as environment:
            run_here(environment, "postgres", "redis")


def ours() -> None:
    """Know one job, which does nothing."""
    os.environ["CELERY_BROKER_URL"] = os.environ["REDIS_URL"]

    import django

    django.setup()

    from kernel.jobs.registry import REGISTRY, job

    REGISTRY.clear()
    job("bench.nothing")(lambda _target: None)


def work() -> None:
    """Be our worker, until a signal."""
    ours()

    from kernel.celery import worker

    worker.work(["bench"], on_ready=lambda: None)


def measure() -> None:
    """Take turns."""
    ours()

    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    rates = [(ours_a_second(), plain_a_second()) for _ in range(ROUNDS)]
    for name, found in zip(
        ("ours, over Celery", "plain Celery"), zip(*rates, strict=True), strict=True
    ):
        print(f"  {name:<20}{median(found):>7.0f} a second  ({min(found):.0f} to {max(found):.0f})")
    print(f"  ours by plain       {median(one / other for one, other in rates):>7.2f}")


def ours_a_second() -> float:
    """Return the rate from the first begin to the last end, by the rows."""
    from django.db import transaction
    from django.db.models import Max, Min

    from kernel.jobs.models import Job
    from kernel.jobs.services import enqueue

    Job.objects.all().delete()
    with transaction.atomic():
        for number in range(JOBS):
            enqueue("bench.nothing", str(number))
    process = subprocess.Popen([sys.executable, __file__, "work"])
    try:
        while Job.objects.filter(finished_at=None).exists():
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()
    found = Job.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return JOBS / (found["last"] - found["first"]).total_seconds()


def plain_a_second() -> float:
    """Return the rate at which a plain Celery app empties its queue."""
    import redis
    from celery_peer import nothing

    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    server.delete("celery")
    for number in range(JOBS):
        nothing.delay(str(number))
    command = [sys.executable, "-m", "celery", "-A", "celery_peer", "--quiet", "worker"]
    process = subprocess.Popen(
        [*command, "-P", "prefork", "-c", "2", "-l", "ERROR"], cwd=Path(__file__).parent
    )
    try:
        while server.llen("celery") == JOBS and process.poll() is None:
            time.sleep(0.002)
        started = time.perf_counter()
        while server.llen("celery") or server.hlen("unacked"):
            time.sleep(0.01)
        return JOBS / (time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
