"""What this process does by itself, and how that went last."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from contracts.periodics import Periodic, PeriodicRun
from kernel import clock
from kernel.jobs.models import Job
from kernel.jobs.registry import Registered, known, queue_of
from kernel.services import BY_NAME
from kernel.tenancy.context import require

#: One scope opens what all services tell: it is no row of any of them.
SCOPE = "scheduler:read"
#: Periods back in which a last run is looked for, by their keys.
LOOKED_BACK = 20
#: How long after two periods without a run one counts as late.
GRACE = timedelta(minutes=1)


def told_by(service: str) -> list[Periodic]:
    """Return what a service of this process does by itself, by name.

    The first one tells of the kernel's upkeep too, which each process has in its own database.
    Raises ForbiddenError without the scope.
    """
    require(SCOPE)
    found = sorted(_periodics_of(service), key=lambda one: one.name)
    now = clock.now()
    runs = _last_runs(found, now)
    return [_told(one, runs.get(one.name), now) for one in found]


def _periodics_of(service: str) -> Iterator[Registered]:
    first = service == settings.SERVICES[0]
    for one in known():
        queue = queue_of(one.name)
        if one.every is not None and (queue == service or (first and queue not in BY_NAME)):
            yield one


def _last_runs(periodics: Sequence[Registered], now: datetime) -> dict[str, PeriodicRun]:
    """Return the run of the latest period of each that has one, by one look into an index."""
    keys = {
        f"{one.name}#{_period(one, now) - back}": (one, _period(one, now) - back)
        for one in periodics
        for back in range(LOOKED_BACK)
    }
    latest: dict[str, tuple[int, PeriodicRun]] = {}
    for job in Job.objects.filter(key__in=keys):
        one, period = keys[str(job.key)]
        if one.name not in latest or latest[one.name][0] < period:
            latest[one.name] = period, _run(job, _moment(one, period))
    return {name: run for name, (_, run) in latest.items()}


def _run(job: Job, due_at: datetime) -> PeriodicRun:
    return PeriodicRun(
        state=job.state,
        attempts=job.attempts,
        due_at=due_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        # The message may name what is another tenant's; staff read it at the job.
        error_code=job.last_error.partition(":")[0],
    )


def _told(one: Registered, run: PeriodicRun | None, now: datetime) -> Periodic:
    limit = 2 * _every(one) + GRACE
    begun = run.started_at if run and run.started_at else None
    waits = run is not None and begun is None and now - run.due_at < limit
    return Periodic(
        name=one.name,
        description=(one.function.__doc__ or "").partition("\n")[0],
        every_seconds=_every(one).total_seconds(),
        next_run_at=_moment(one, _period(one, now) + 1),
        late=not waits and (begun is None or now - begun > limit),
        last_run=run,
    )


def _every(one: Registered) -> timedelta:
    return one.every or timedelta(0)


def _period(one: Registered, now: datetime) -> int:
    """Return which period it is, as `enqueue_due_periodics` counts them."""
    return int(now.timestamp() // _every(one).total_seconds())


def _moment(one: Registered, period: int) -> datetime:
    return datetime.fromtimestamp(period * _every(one).total_seconds(), UTC)
