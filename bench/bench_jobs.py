"""How fast jobs are enqueued and done, and what a backlog of a million does to a claim.

On SQLite with two threads in one process, and on PostgreSQL with two worker processes beside a
plain Celery app on Redis with two prefork processes, in turns of the same run. Targets: 300 jobs
a second on SQLite; on PostgreSQL as many as Celery; a claim as fast with a backlog as without.
"""

import os
import subprocess
import sys
import time
from statistics import median

from apart import on_each_database, timed, verdict

#: Less of each where the machine is busy.
ROUNDS = int(os.environ.get("ROUNDS", "3"))
JOBS = int(os.environ.get("JOBS", "5000"))
BACKLOG = int(os.environ.get("BACKLOG", "1000000"))


def main() -> None:
    """Measure on each database, in processes of their own."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "work":
        work()
        return
    if verb == "here":
        measure()
        return
    on_each_database("redis")


def only_ours() -> None:
    """Know one job, which does nothing."""
    import django

    django.setup()

    from kernel.jobs.registry import REGISTRY, job

    REGISTRY.clear()
    job("bench.nothing")(lambda _target: None)


def work() -> None:
    """Be one worker process with two threads, until a signal."""
    only_ours()

    from datetime import timedelta

    from kernel.jobs.worker import Worker
    from kernel.running import run_until_told

    run_until_told(Worker(2), stop_timeout=timedelta(seconds=5))


def measure() -> None:
    """Measure on the database of the settings."""
    only_ours()

    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    processes = 2 if connection.vendor == "postgresql" else 1
    figures: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        figures.setdefault(name, []).append(value)

    for _ in range(ROUNDS):
        note("enqueued a second, one by one", JOBS / timed(fill))
        note(f"done a second, {processes} process(es) of 2 threads", done_a_second(processes))
        if processes > 1:
            note("  Celery, Redis, prefork 2", celery_a_second())
    for name, found in figures.items():
        print(f"  {name:<46}{median(found):>9.0f}  ({min(found):.0f} to {max(found):.0f})")
    if processes > 1:
        ours, theirs = list(figures.values())[1:]
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        verdict("jobs a second by Celery's", median(ratios), at_least=1.0)
    else:
        verdict("jobs a second on SQLite", median(list(figures.values())[1]), at_least=300)
    bare, behind = claim_of(0), claim_of(BACKLOG)
    for backlog, found in ((0, bare), (BACKLOG, behind)):
        print(f"  a claim of 2 with a backlog of {backlog:<15,}{found:>9.2f} ms")
    verdict(f"a claim before {BACKLOG:,} jobs by one before none", behind / bare, at_most=1.5)
    connection.close()


def fill() -> None:
    """Enqueue the jobs, a hundred in a transaction."""
    from django.db import connection, transaction

    from kernel.jobs.models import Job
    from kernel.jobs.services import enqueue

    Job.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE jobs_job")
    for start in range(0, JOBS, 100):
        with transaction.atomic():
            for number in range(100):
                enqueue("bench.nothing", str(start + number))


def done_a_second(processes: int) -> float:
    """Return the rate between the first end and the last, by the rows."""
    from django.db.models import Max, Min

    from kernel.jobs.models import Job

    command = [sys.executable, __file__, "work"]
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        while Job.objects.filter(finished_at=None).exists():
            time.sleep(0.05)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
    found = Job.objects.filter(name="bench.nothing").aggregate(
        Min("started_at"), Max("finished_at")
    )
    return JOBS / (found["finished_at__max"] - found["started_at__min"]).total_seconds()


def celery_a_second() -> float:
    """Return the rate at which a plain Celery app empties its queue: in its favour, for what its
    processes have fetched by then is not done yet.
    """
    import redis
    from celery_peer import nothing

    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    server.delete("celery")
    for number in range(JOBS):
        nothing.delay(str(number))
    command = [sys.executable, "-m", "celery", "-A", "celery_peer", "worker"]
    process = subprocess.Popen([*command, "-P", "prefork", "-c", "2", "-l", "ERROR"])
    try:
        while server.llen("celery") == JOBS:
            time.sleep(0.002)
        started = time.perf_counter()
        while server.llen("celery"):
            time.sleep(0.01)
        return JOBS / (time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait()


def claim_of(backlog: int) -> float:
    """Return the milliseconds of a claim, the median of many, with so many jobs behind it."""
    from uuid import UUID

    from django.db import connection

    from kernel.jobs.claiming import claim
    from kernel.jobs.models import Job
    from kernel.jobs.registry import known

    Job.objects.all().delete()
    tenants = [UUID(int=number + 1) for number in range(1_000)]
    rows = [
        Job(
            name="bench.nothing",
            queue="bench",
            tenant_id=tenants[number if number % 2 else 0],
            turn=0,
        )
        for number in range(1_000)
    ]
    Job.objects.bulk_create(rows)
    if backlog:
        multiply(backlog // 1_000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE jobs_job")
    found = [timed(lambda: claim(2, known(), worker="bench") and None) for _ in range(200)]
    return median(found) * 1000


def multiply(times: int) -> None:
    """Let there be so many more of each job, in later turns."""
    from django.db import connection

    from kernel.jobs.models import Job

    fields = Job._meta.concrete_fields  # noqa: SLF001  Django's own way
    kept = ", ".join(f'"{one.column}"' for one in fields if one.name not in {"id", "turn"})
    new_id = "gen_random_uuid()"
    if connection.vendor == "sqlite":
        new_id = "lower(hex(randomblob(16)))"
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE more (turn) AS"
            " (SELECT 1 UNION ALL SELECT turn + 1 FROM more WHERE turn < %s)"
            f" INSERT INTO jobs_job (id, turn, {kept})"
            f" SELECT {new_id}, more.turn, {kept} FROM more, jobs_job",
            [times],
        )


if __name__ == "__main__":
    main()
