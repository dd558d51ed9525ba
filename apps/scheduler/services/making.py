"""Runs stored, each with the job that does it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import compress
from typing import Any, NamedTuple
from uuid import UUID

from apps.scheduler.domain.jitter import jitter
from apps.scheduler.models import JobRun, JobSchedule, RunKind
from kernel.ids import new_id
from kernel.jobs.services import store_alike
from kernel.rowsets import insert_missing_rows


class NewRun(NamedTuple):
    """A run that is not stored yet: what those of one kind differ in."""

    id: UUID
    schedule_id: UUID
    version: int
    fire_time: datetime
    #: As texts of JSON, where the database gave them so.
    parameters: Any
    asked_by: Any
    late_at: datetime | None
    job_id: UUID


def new_run(schedule: JobSchedule, fire_time: datetime, asked_by: Any = None) -> NewRun:
    """Return a run of a schedule, with the rights of who asks for it, if somebody does."""
    return NewRun(
        id=new_id(),
        schedule_id=schedule.pk,
        version=schedule.version,
        fire_time=fire_time,
        parameters=schedule.parameters,
        asked_by=asked_by or schedule.asked_by,
        late_at=None,
        job_id=new_id(),
    )


def make_runs(kind: RunKind, runs: Sequence[NewRun], jitters: Mapping[UUID, int]) -> list[NewRun]:
    """Store runs of a kind that there are not yet, and their jobs; return those that were stored.

    In the caller's transaction, which holds the rows of the schedules. The job of a run begins up
    to as many seconds after its time as is said for its schedule.
    """
    made = insert_missing_rows(JobRun(kind=kind), NewRun._fields, runs)
    stored = list(compress(runs, made))
    store_alike(
        "scheduler.run",
        [(run.job_id, str(run.id), _begins(run, jitters.get(run.schedule_id))) for run in stored],
    )
    return stored


def stored_runs(made: Sequence[NewRun]) -> list[JobRun]:
    """Return runs that were stored, in the order of their times."""
    rows = JobRun.objects.filter(pk__in=[run.id for run in made])
    return list(rows.select_related("schedule").order_by("fire_time", "pk"))


def _begins(run: NewRun, jitter_seconds: int | None) -> datetime | None:
    if not jitter_seconds:
        return None
    most = timedelta(seconds=jitter_seconds)
    return run.fire_time + jitter(str(run.schedule_id), run.fire_time, most)
