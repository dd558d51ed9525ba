"""The life of a job: enqueued, claimed, settled or tried again."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from kernel import clock
from kernel.errors import DomainError
from kernel.jobs.batches import follow
from kernel.jobs.causes import cause
from kernel.jobs.claiming import LEASE
from kernel.jobs.errors import JobCancelledError, WorkerLostError
from kernel.jobs.limits import let_in
from kernel.jobs.metrics import Attempt, record
from kernel.jobs.models import After, Job, JobState, WaitsFor
from kernel.jobs.nudge import nudge
from kernel.jobs.registry import REGISTRY, Registered, queue_of
from kernel.jobs.turns import next_turn
from kernel.observability.masking import mask_secrets
from kernel.rowsets import insert_rows
from kernel.tenancy.context import told_tenant

FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)
#: How many jobs of a batch one statement stores.
STORED_AT_ONCE = 200
#: How many lost jobs one look takes up again: a transaction stays short.
RECOVERED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """A claimed job that was run, and the error that ended it if it did not do its work."""

    job: Job
    error: BaseException | None = None
    #: Columns of its progress that are not written yet.
    progress: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    #: What leads to its trace, which is over when attempts are counted.
    exemplar: dict[str, str] | None = None


def enqueue(
    name: str,
    target: str = "",
    *,
    tenant_id: UUID | None = None,
    run_at: datetime | None = None,
    key: str | None = None,
    live_key: str | None = None,
    priority: int | None = None,
) -> UUID | None:
    """Store a job in the caller's transaction, and return its id.

    None when a job with this key is stored already, or one with this live key has not ended yet.
    It will run in the tenant that is named, else in the caller's, if there is one.
    """
    job = new_job(
        name,
        target,
        tenant_id=tenant_id,
        run_at=run_at,
        key=key,
        live_key=live_key,
        priority=priority,
    )
    return store(job)


def new_job(
    name: str,
    target: str = "",
    *,
    tenant_id: UUID | None = None,
    run_at: datetime | None = None,
    key: str | None = None,
    live_key: str | None = None,
    priority: int | None = None,
) -> Job:
    """Return a job that is not stored yet."""
    if name not in REGISTRY:
        raise LookupError(f"no job is called {name}")
    now = clock.now()
    return Job(
        name=name,
        queue=queue_of(name),
        target=target,
        tenant_id=tenant_id or told_tenant(),
        key=key,
        live_key=live_key,
        priority=REGISTRY[name].priority if priority is None else priority,
        run_at=run_at or now,
        waits_for=WaitsFor.TIME if run_at and run_at > now else WaitsFor.NOTHING,
        **cause(),
    )


def store(job: Job) -> UUID | None:
    """Store a new job in the caller's transaction; None when its key is taken."""
    if job.waits_for == WaitsFor.NOTHING:
        job.turn = next_turn(job.queue, job.priority, job.tenant_id)
    # The keys are constraints of the table: two processes that race make one job.
    Job.objects.bulk_create([job], ignore_conflicts=True)
    if job.waits_for == WaitsFor.NOTHING:
        transaction.on_commit(partial(nudge, job.queue))
    unique = job.key is not None or job.live_key is not None
    return None if unique and not Job.objects.filter(pk=job.pk).exists() else job.pk


@transaction.atomic
def enqueue_batch(
    jobs: Sequence[Job], *, then: Job, after: After = After.DONE, at_once: int = STORED_AT_ONCE
) -> UUID:
    """Store new jobs, and one that runs when all of them have ended; return its id.

    With `After.DONE` they all have to do their work: as soon as the last has ended and one has
    failed or was cancelled, the one that was to follow fails, too. With `After.ENDED` it runs
    however they end. Keys are not for jobs of a batch: one that is there already would be missed.
    """
    then.after, then.waits_for = after, WaitsFor.BATCH
    then.save(force_insert=True)
    for job in jobs:
        job.batch_id = then.pk
    _store_in_pieces(jobs, at_once)
    follow([then.pk])
    _nudge_for(jobs)
    return then.pk


@transaction.atomic
def store_all(jobs: Sequence[Job]) -> None:
    """Store new jobs in the caller's transaction, by few statements. Keys are not for these."""
    _store_in_pieces(jobs, STORED_AT_ONCE)
    _nudge_for(jobs)


def store_alike(name: str, wanted: Sequence[tuple[UUID, str, datetime | None]]) -> None:
    """Store new jobs of one name in the caller's transaction, very many by one statement.

    Each is told by its id, its target, and when it is due, if not at once.
    """
    now = clock.now()
    alike = new_job(name)
    turns: Iterator[int] | None = None
    rows = []
    for id_, target, run_at in wanted:
        if run_at and run_at > now:
            rows.append((id_, target, run_at, WaitsFor.TIME.value, 0))
        else:
            turns = turns or count(next_turn(alike.queue, alike.priority, alike.tenant_id))
            rows.append((id_, target, run_at or now, WaitsFor.NOTHING.value, next(turns)))
    insert_rows(alike, ("id", "target", "run_at", "waits_for", "turn"), rows)
    if ready := sum(1 for row in rows if not row[3]):
        transaction.on_commit(partial(nudge, alike.queue, ready))


def _store_in_pieces(jobs: Sequence[Job], at_once: int) -> None:
    for number in range(0, len(jobs), at_once):
        some = jobs[number : number + at_once]
        turns: dict[tuple[str, int, UUID | None], Iterator[int]] = {}
        for job in some:
            if job.waits_for == WaitsFor.NOTHING:
                lane = (job.queue, job.priority, job.tenant_id)
                if lane not in turns:
                    turns[lane] = count(next_turn(*lane))
                job.turn = next(turns[lane])
        Job.objects.bulk_create(some)


def _nudge_for(jobs: Sequence[Job]) -> None:
    ready = Counter(job.queue for job in jobs if job.waits_for == WaitsFor.NOTHING)
    for queue, number in ready.items():
        transaction.on_commit(partial(nudge, queue, number))


def renew(jobs: Sequence[Job], lease: timedelta = LEASE) -> None:
    """Keep the leases of jobs that are still being worked on."""
    held(jobs).update(lease_until=clock.now() + lease)


@transaction.atomic
def settle(ended: Sequence[Ended]) -> None:
    """Write down how jobs ended; of those whose lease was lost meanwhile, nothing."""
    for end in ended:
        if end.progress:
            held([end.job]).update(**end.progress)
    done = held([end.job for end in ended if end.error is None])
    ended_at = clock.now()
    done.update(state=JobState.DONE, lease_until=None, finished_at=ended_at)
    attempts = []
    for end in ended:
        outcome = "done"
        if end.error is not None:
            pause = _pause(end.job.attempts)
            outcome = _retry_or_close(held([end.job]), end.job, end.error, pause=pause)
        waited = (ended_at - end.job.run_at).total_seconds() - end.seconds
        attempts.append(Attempt(end.job.queue, outcome, end.seconds, waited, end.exemplar))
    _free([end.job for end in ended])
    transaction.on_commit(partial(record, attempts))


@transaction.atomic
def give_back(jobs: Sequence[Job]) -> None:
    """Return jobs that a stopping worker could not finish; the attempt counts."""
    held(jobs).update(state=JobState.QUEUED, lease_until=None, run_at=clock.now())
    let_in({job.name for job in jobs})


@transaction.atomic
def give_back_unbegun(jobs: Sequence[Job]) -> None:
    """Return jobs that were claimed and not begun, as if nobody had taken them."""
    held(jobs).update(state=JobState.QUEUED, lease_until=None, attempts=F("attempts") - 1)
    let_in({job.name for job in jobs})


@transaction.atomic
def recover(known: Iterable[Registered]) -> int:
    """Queue the jobs of lost workers again, at once; return how many were found."""
    names = [job.name for job in known]
    lost = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=clock.now(), name__in=names)
    found = list(lost[:RECOVERED_AT_ONCE])
    for job in found:
        error = WorkerLostError(f"{job.worker} went away during attempt {job.attempts}")
        # Looked at again in the update: the lease may have been renewed since.
        _retry_or_close(lost & held([job]), job, error, pause=timedelta())
    _free(found)
    return len(found)


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


def held(jobs: Sequence[Job]) -> QuerySet[Job]:
    """Return the rows of claimed jobs, without those whose lease was lost."""
    # Attempts tell one lease from the next: a worker that lost its lease changes nothing.
    by_attempt: dict[int, list[UUID]] = {}
    for job in jobs:
        by_attempt.setdefault(job.attempts, []).append(job.pk)
    mine = Q(pk__in=[])
    for attempts, ids in by_attempt.items():
        mine |= Q(pk__in=ids, attempts=attempts)
    return Job.objects.filter(mine, state=JobState.RUNNING)


def _free(jobs: Sequence[Job]) -> None:
    """Let those go on that waited for these to end."""
    let_in({job.name for job in jobs})
    follow({job.batch_id for job in jobs if job.batch_id})


def _retry_or_close(
    rows: QuerySet[Job], job: Job, error: BaseException, *, pause: timedelta
) -> str:
    """Try again after a pause, or close what that cannot help, or was tried enough; say which."""
    now = clock.now()
    closed = {"lease_until": None, "finished_at": now, "last_error": _told(error)}
    # Whoever asked it to stop does not want it tried again.
    cancelled = rows if isinstance(error, JobCancelledError) else rows.exclude(cancel_asked_at=None)
    if cancelled.update(state=JobState.CANCELLED, **closed):
        return "cancelled"
    hopeless = isinstance(error, DomainError) and not error.retryable
    if hopeless or job.attempts >= REGISTRY[job.name].max_attempts:
        rows.update(state=JobState.FAILED, **closed)
        return "failed"
    rows.update(
        state=JobState.QUEUED,
        waits_for=WaitsFor.TIME if pause else WaitsFor.NOTHING,
        lease_until=None,
        run_at=now + pause,
        last_error=_told(error),
    )
    return "retried"


def _told(error: BaseException) -> str:
    """Return the reason as staff see it: the code of the contract, then the message."""
    if isinstance(error, DomainError):
        told = f"{error.code}: {error}"
    else:
        told = f"{DomainError.code}: {type(error).__name__}: {error}"
    # PostgreSQL keeps no NUL in a text; an error that cannot be written would hold up all others.
    return mask_secrets(told).replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]


def _pause(attempts: int) -> timedelta:
    """Return how long to wait: doubled each time, with jitter so that a crowd spreads."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_RETRY * doubled, LONGEST_RETRY) * random.uniform(0.5, 1)  # noqa: S311  no secret depends on it # nosec B311
