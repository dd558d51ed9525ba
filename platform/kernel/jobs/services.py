"""The life of a job: enqueued, claimed, finished or tried again."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from kernel import clock
from kernel.errors import DomainError
from kernel.jobs.models import Job, JobState
from kernel.jobs.nudge import nudge
from kernel.jobs.registry import REGISTRY

#: A worker renews the lease long before; when it ends, the worker is dead or cut off.
LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)


def enqueue(
    name: str,
    target: str = "",
    *,
    tenant_id: UUID | None = None,
    run_at: datetime | None = None,
    key: str | None = None,
) -> bool:
    """Store a job in the caller's transaction; False when a job with this key exists already."""
    if name not in REGISTRY:
        raise LookupError(f"no job is called {name}")
    job = Job(name=name, target=target, tenant_id=tenant_id, key=key, run_at=run_at or clock.now())
    # The key is a constraint of the table: two processes that race make one job.
    stored = Job.objects.bulk_create([job], ignore_conflicts=True)
    transaction.on_commit(nudge)
    return key is None or Job.objects.filter(pk=stored[0].pk).exists()


def claim(limit: int) -> list[Job]:
    """Take due jobs, and those whose worker is gone, under a lease; the oldest first."""
    now = clock.now()
    due = Q(state=JobState.QUEUED, run_at__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)
    # A look that takes no lock: an idle worker must not hold up SQLite's one writer.
    if limit == 0 or not Job.objects.filter(due).exists():
        return []
    with transaction.atomic():
        found = Job.objects.filter(due).order_by("run_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            found = found.select_for_update(skip_locked=True)
        jobs = list(found[:limit])
        if jobs:
            Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
                state=JobState.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1
            )
    for job in jobs:
        job.state = JobState.RUNNING
        job.attempts += 1
    return jobs


def renew(jobs: Sequence[Job]) -> None:
    """Keep the leases of jobs that are still being worked on."""
    _running(jobs).update(lease_until=clock.now() + LEASE)


def give_back(jobs: Sequence[Job]) -> None:
    """Return jobs that were claimed and not begun, as if they had never been taken."""
    _running(jobs).update(state=JobState.QUEUED, lease_until=None, attempts=F("attempts") - 1)


def succeeded(job: Job) -> None:
    """Close a job that did its work."""
    _running([job]).update(state=JobState.DONE, lease_until=None, finished_at=clock.now())


def failed(job: Job, error: Exception) -> None:
    """Try a job again later, or close it when trying again cannot help or was tried enough."""
    hopeless = isinstance(error, DomainError) and not error.retryable
    known = REGISTRY.get(job.name)
    told = f"{type(error).__name__}: {error}"[:2000]
    if hopeless or known is None or job.attempts >= known.max_attempts:
        _running([job]).update(
            state=JobState.FAILED, lease_until=None, finished_at=clock.now(), last_error=told
        )
        return
    _running([job]).update(
        state=JobState.QUEUED,
        lease_until=None,
        run_at=clock.now() + _pause(job.attempts),
        last_error=told,
    )


def cancel_all(jobs: QuerySet[Job]) -> int:
    """Take back those of the jobs that have not begun; return how many."""
    return jobs.filter(state=JobState.QUEUED).update(
        state=JobState.CANCELLED, finished_at=clock.now()
    )


def retry_all(jobs: QuerySet[Job]) -> int:
    """Queue those of the jobs that failed once more, from their first attempt; return how many."""
    queued = jobs.filter(state=JobState.FAILED).update(
        state=JobState.QUEUED, attempts=0, run_at=clock.now(), finished_at=None
    )
    transaction.on_commit(nudge)
    return queued


def enqueue_due_periodics() -> None:
    """Store this period's job of everything that runs by itself, unless another process has."""
    now = clock.now()
    for known in REGISTRY.values():
        if known.every is not None:
            period = int(now.timestamp() // known.every.total_seconds())
            key = f"{known.name}#{period}"
            if not Job.objects.filter(key=key).exists():
                enqueue(known.name, key=key)


def _running(jobs: Sequence[Job]) -> QuerySet[Job]:
    # Attempts tell one lease from the next: a worker that lost its lease changes nothing.
    mine = Q()
    for job in jobs:
        mine |= Q(pk=job.pk, attempts=job.attempts)
    return Job.objects.filter(mine, state=JobState.RUNNING) if jobs else Job.objects.none()


def _pause(attempts: int) -> timedelta:
    """Return how long to wait: doubled each time, with jitter so that a crowd spreads."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_RETRY * doubled, LONGEST_RETRY) * random.uniform(0.5, 1)  # noqa: S311  no secret depends on it
