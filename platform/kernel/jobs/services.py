"""The life of a job: enqueued, claimed, settled or tried again."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from kernel import clock
from kernel.errors import DomainError
from kernel.jobs.models import Job, JobState
from kernel.jobs.nudge import nudge
from kernel.jobs.registry import REGISTRY, Registered
from kernel.observability.logging import mask
from kernel.tenancy.context import TenantRequiredError, current_tenant_id

#: A worker renews the lease long before; when it ends, the worker is dead or cut off.
LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)
#: How many lost jobs one look takes up again: a transaction stays short.
RECOVERED_AT_ONCE = 100


class WorkerLostError(DomainError):
    """The worker that held the job has not renewed its lease."""

    code: ClassVar[str] = "WORKER_LOST"
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Ended:
    """A claimed job that was run, and the error that ended it if it did not do its work."""

    job: Job
    error: BaseException | None = None


def enqueue(
    name: str,
    target: str = "",
    *,
    tenant_id: UUID | None = None,
    run_at: datetime | None = None,
    key: str | None = None,
) -> bool:
    """Store a job in the caller's transaction; False when a job with this key exists already.

    It will run in the tenant that is named, else in the caller's, if there is one.
    """
    if name not in REGISTRY:
        raise LookupError(f"no job is called {name}")
    job = Job(
        name=name,
        target=target,
        tenant_id=tenant_id or _tenant_here(),
        key=key,
        run_at=run_at or clock.now(),
    )
    # The key is a constraint of the table: two processes that race make one job.
    Job.objects.bulk_create([job], ignore_conflicts=True)
    transaction.on_commit(nudge)
    return key is None or Job.objects.filter(pk=job.pk).exists()


def claim(
    limit: int, known: Iterable[Registered], *, worker: str, lease: timedelta = LEASE
) -> list[Job]:
    """Take due jobs that are known here under a lease, the oldest first."""
    now = clock.now()
    due = Job.objects.filter(
        state=JobState.QUEUED, run_at__lte=now, name__in=[job.name for job in known]
    )
    # A look that takes no lock: an idle worker must not hold up SQLite's one writer.
    if limit <= 0 or not due.exists():
        return []
    with transaction.atomic():
        found = due.order_by("run_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            found = found.select_for_update(skip_locked=True)
        jobs = list(found[:limit])
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
            state=JobState.RUNNING,
            attempts=F("attempts") + 1,
            worker=worker,
            lease_until=now + lease,
        )
    for job in jobs:
        job.state = JobState.RUNNING
        job.attempts += 1
        job.worker = worker
    return jobs


def renew(jobs: Sequence[Job], lease: timedelta = LEASE) -> None:
    """Keep the leases of jobs that are still being worked on."""
    _held(jobs).update(lease_until=clock.now() + lease)


@transaction.atomic
def settle(ended: Sequence[Ended]) -> None:
    """Write down how jobs ended; of those whose lease was lost meanwhile, nothing."""
    done = _held([end.job for end in ended if end.error is None])
    done.update(state=JobState.DONE, lease_until=None, finished_at=clock.now())
    for end in ended:
        if end.error is not None:
            pause = _pause(end.job.attempts)
            _retry_or_fail(_held([end.job]), end.job, end.error, pause=pause)


def give_back(jobs: Sequence[Job]) -> None:
    """Return jobs that a stopping worker could not finish; the attempt counts."""
    _held(jobs).update(state=JobState.QUEUED, lease_until=None, run_at=clock.now())


def recover(known: Iterable[Registered]) -> int:
    """Queue the jobs of lost workers again, at once; return how many were found."""
    lost = Job.objects.filter(
        state=JobState.RUNNING,
        lease_until__lt=clock.now(),
        name__in=[job.name for job in known],
    )
    found = list(lost[:RECOVERED_AT_ONCE])
    for job in found:
        error = WorkerLostError(f"{job.worker} went away during attempt {job.attempts}")
        # Looked at again in the update: the lease may have been renewed since.
        _retry_or_fail(lost & _held([job]), job, error, pause=timedelta())
    return len(found)


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


def enqueue_due_periodics(known: Iterable[Registered]) -> None:
    """Store this period's job of everything that runs by itself, unless another process has."""
    now = clock.now().timestamp()
    ticks = {
        f"{job.name}#{int(now // job.every.total_seconds())}": job.name
        for job in known
        if job.every is not None
    }
    stored = set(Job.objects.filter(key__in=ticks).values_list("key", flat=True))
    for key, name in ticks.items():
        if key not in stored:
            enqueue(name, key=key)


def _retry_or_fail(
    held: QuerySet[Job], job: Job, error: BaseException, *, pause: timedelta
) -> None:
    """Try again after a pause, or close when that cannot help or was tried enough."""
    hopeless = isinstance(error, DomainError) and not error.retryable
    now = clock.now()
    if hopeless or job.attempts >= REGISTRY[job.name].max_attempts:
        held.update(
            state=JobState.FAILED, lease_until=None, finished_at=now, last_error=_told(error)
        )
    else:
        held.update(
            state=JobState.QUEUED, lease_until=None, run_at=now + pause, last_error=_told(error)
        )


def _held(jobs: Sequence[Job]) -> QuerySet[Job]:
    # Attempts tell one lease from the next: a worker that lost its lease changes nothing.
    mine = Q(pk__in=[])
    for job in jobs:
        mine |= Q(pk=job.pk, attempts=job.attempts)
    return Job.objects.filter(mine, state=JobState.RUNNING)


def _told(error: BaseException) -> str:
    """Return the reason as staff see it: the code of the contract, then the message."""
    if isinstance(error, DomainError):
        told = f"{error.code}: {error}"
    else:
        told = f"{DomainError.code}: {type(error).__name__}: {error}"
    # PostgreSQL keeps no NUL in a text; an error that cannot be written would hold up all others.
    return mask(told).replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]


def _tenant_here() -> UUID | None:
    try:
        return current_tenant_id()
    except TenantRequiredError:
        return None


def _pause(attempts: int) -> timedelta:
    """Return how long to wait: doubled each time, with jitter so that a crowd spreads."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_RETRY * doubled, LONGEST_RETRY) * random.uniform(0.5, 1)  # noqa: S311  no secret depends on it # nosec B311
