"""Taking jobs: the next ones of each queue out of an index, or one by its id."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet

from kernel import clock
from kernel.jobs.limits import admit
from kernel.jobs.models import Job, JobState, Queue, WaitsFor
from kernel.jobs.registry import REGISTRY, Registered, queue_of
from kernel.jobs.turns import make_due_ready

#: A worker renews the lease long before; when it ends, the worker is dead or cut off.
LEASE = timedelta(seconds=30)
#: How many jobs are looked at together when the first are beyond the limits of their kind.
LOOKED_AT = 100
#: Looks of that kind in one claim: a transaction stays short.
MOST_LOOKS = 10

_DUE = "?"


def claim(
    limit: int, known: Iterable[Registered], *, worker: str, lease: timedelta = LEASE
) -> list[Job]:
    """Take due jobs that are known here under a lease, and beyond the limit what goes with them.

    Queues share; within a queue the greatest priority goes first, then tenants take turns.
    """
    names = [job.name for job in known]
    queues = _queues_to_serve(names) if limit > 0 else []
    # Not always the same one first: a worker with one free thread would serve no other.
    random.shuffle(queues)
    jobs: list[Job] = []
    if queues:
        with transaction.atomic():
            for number, queue in enumerate(queues):
                share = -(-(limit - len(jobs)) // (len(queues) - number))
                jobs += _next(queue, names, share)
            jobs += _companions(jobs)
            _take(jobs, worker, lease)
    return jobs


def claimable(known: Iterable[Registered], most: int) -> dict[str, int]:
    """Return how many jobs of each queue can be claimed, counting no further than `most`."""
    names = [job.name for job in known]
    return {queue: next_of(queue, names)[:most].count() for queue in _queues_to_serve(names)}


@transaction.atomic
def claim_one(
    job_id: UUID, known: Iterable[Registered], *, worker: str, lease: timedelta = LEASE
) -> Job | None:
    """Take this job; None when it is not to be run now, by anybody or by us."""
    now = clock.now()
    found = _locked(
        Job.objects.filter(
            pk=job_id,
            state=JobState.QUEUED,
            waits_for__in=[WaitsFor.NOTHING, WaitsFor.TIME],
            run_at__lte=now,
            name__in=[job.name for job in known],
        ).exclude(queue__in=Queue.objects.exclude(paused_at=None).values("name"))
    )
    jobs = admit(list(found), 1)
    _take(jobs, worker, lease)
    return jobs[0] if jobs else None


def _queues_to_serve(names: Sequence[str]) -> list[str]:
    """Return the queues out of which something can be claimed, with what has become due."""
    # A look that takes no lock: an idle worker must not hold up SQLite's one writer.
    queues = _queues_with_work(names) if names else []
    if _DUE in queues:
        with transaction.atomic():
            make_due_ready()
        queues = _queues_with_work(names)
    return [queue for queue in queues if queue != _DUE]


def _queues_with_work(names: Sequence[str]) -> list[str]:
    """Return the queues out of which something can be claimed, and `?` when a job's time is up."""
    queues = sorted({queue_of(name) for name in names})
    listed = ", ".join(["%s"] * len(names))
    sql = (
        f"WITH q (name) AS (VALUES {', '.join(['(%s)'] * len(queues))})"  # noqa: S608  placeholders # nosec B608
        " SELECT name FROM q WHERE name NOT IN"
        " (SELECT name FROM jobs_queue WHERE paused_at IS NOT NULL) AND EXISTS ("
        "SELECT 1 FROM jobs_job WHERE state = 'queued' AND waits_for = '' AND queue = q.name"
        f" AND jobs_job.name IN ({listed}))"
        f" UNION ALL SELECT '{_DUE}' WHERE EXISTS (SELECT 1 FROM jobs_job"
        " WHERE state = 'queued' AND waits_for = 'time' AND run_at <= %s)"
    )
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [*queues, *names, now])
        return [name for (name,) in cursor.fetchall()]


def _next(queue: str, names: Sequence[str], room: int) -> list[Job]:
    """Return the next jobs of a queue, locked, without those that have to wait for others."""
    ready = next_of(queue, names)
    jobs: list[Job] = []
    size = room
    for _ in range(MOST_LOOKS if room > 0 else 0):
        found = list(_locked(ready.exclude(pk__in=[job.pk for job in jobs])[:size]))
        jobs += admit(found, room - len(jobs), chosen=jobs)
        if len(jobs) >= room or len(found) < size:
            break
        size = LOOKED_AT
    return jobs


def _companions(jobs: Sequence[Job]) -> list[Job]:
    """Return the next jobs that are done together with these, locked.

    They are of the same tenant and priority: whoever has a greater one is before them.
    """
    chosen: dict[tuple[str, UUID | None, int], list[UUID]] = {}
    for job in jobs:
        if REGISTRY[job.name].together and not job.attempts:
            chosen.setdefault((job.name, job.tenant_id, job.priority), []).append(job.pk)
    found: list[Job] = []
    for (name, tenant_id, priority), ids in chosen.items():
        alike = next_of(queue_of(name), [name]).filter(
            tenant_id=tenant_id, priority=priority, attempts=0
        )
        room = len(ids) * (REGISTRY[name].most_together - 1)
        found += _locked(alike.exclude(pk__in=ids)[:room])
    return found


def next_of(queue: str, names: Sequence[str]) -> QuerySet[Job]:
    """Return the jobs of a queue that can be claimed, in their order."""
    return Job.objects.filter(
        state=JobState.QUEUED, waits_for=WaitsFor.NOTHING, queue=queue, name__in=names
    ).order_by("-priority", "turn", "id")


def _locked(jobs: QuerySet[Job]) -> QuerySet[Job]:
    if connection.features.has_select_for_update_skip_locked:
        return jobs.select_for_update(skip_locked=True)
    return jobs


def _take(jobs: Sequence[Job], worker: str, lease: timedelta) -> None:
    if not jobs:
        return
    now = clock.now()
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
        state=JobState.RUNNING,
        waits_for=WaitsFor.NOTHING,
        attempts=F("attempts") + 1,
        worker=worker,
        started_at=now,
        lease_until=now + lease,
        progress_done=0,
        progress_total=None,
        progress_message="",
    )
    for job in jobs:
        job.state = JobState.RUNNING
        job.attempts += 1
        job.worker = worker
        job.started_at = now
