"""Runs stored, each with the job that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.scheduler.domain.jitter import jitter
from apps.scheduler.models import JobRun, JobSchedule, RunKind
from kernel.jobs.models import Job
from kernel.jobs.services import new_job, store_all


def new_run(schedule: JobSchedule, kind: RunKind, fire_time: datetime) -> JobRun:
    """Return a run that is not stored yet."""
    grace = timedelta(seconds=schedule.grace_seconds)
    return JobRun(
        schedule=schedule,
        version=schedule.version,
        kind=kind,
        fire_time=fire_time,
        parameters=schedule.parameters,
        asked_by=schedule.asked_by,
        late_at=fire_time + grace if grace and kind == RunKind.SCHEDULED else None,
    )


def make_runs(runs: Sequence[JobRun], schedules: Sequence[JobSchedule]) -> list[JobRun]:
    """Store runs that there are not yet, and their jobs; return those that were stored.

    In the caller's transaction, which holds the rows of the schedules: nobody else makes runs of
    them meanwhile.
    """
    known = {one.pk: one for one in schedules}
    there = (
        set(
            JobRun.objects.filter(
                schedule__in=known, fire_time__in={run.fire_time for run in runs}
            ).values_list("schedule_id", "kind", "fire_time")
        )
        if runs
        else set()
    )
    wanted = [run for run in runs if (run.schedule_id, run.kind, run.fire_time) not in there]
    jobs: list[Job] = []
    for run in wanted:
        schedule = known[run.schedule_id]
        most = timedelta(seconds=schedule.jitter_seconds)
        job = new_job(
            "scheduler.run",
            str(run.pk),
            run_at=run.fire_time + jitter(str(schedule.pk), run.fire_time, most) if most else None,
        )
        run.job_id = job.pk
        jobs.append(job)
    store_all(jobs)
    JobRun.objects.bulk_create(wanted)
    return wanted
