"""Schedules and runs for tests, and time that a test moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.firing import fire_due
from apps.scheduler.services.schedules import create_schedule
from kernel.jobs.models import Job
from kernel.testing.jobs import drain

#: A quarter past the hour, far from any change of clocks.
NOON = datetime(2026, 6, 1, 12, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make(**said: Any) -> JobSchedule:
    """Make a schedule that is due each hour, unless it is said otherwise."""
    return create_schedule(**({"name": "hourly", "cron": "0 * * * *"} | said))


def due_at(schedule: JobSchedule, moment: datetime) -> None:
    """Let a schedule be as if it were due next at a moment."""
    JobSchedule.objects.filter(pk=schedule.pk).update(next_run_at=moment)


def fire(schedule: JobSchedule, moment: datetime, now: datetime | None = None) -> list[JobRun]:
    """Let what is due from a moment on be made at a time, and return the runs there are then."""
    due_at(schedule, moment)
    fire_due(now or moment)
    return runs(schedule)


def runs(schedule: JobSchedule) -> list[JobRun]:
    """Return the runs of a schedule, the earliest first."""
    return list(JobRun.objects.filter(schedule=schedule).order_by("fire_time", "id"))


def states(schedule: JobSchedule) -> list[str]:
    """Return where its runs stand."""
    return [run.state for run in runs(schedule)]


def job_of(run: JobRun) -> Job:
    """Return the job that does a run."""
    if run.job_id is None:
        raise LookupError(f"{run} has no job")
    return Job.objects.get(pk=run.job_id)


def work() -> None:
    """Do all jobs that are due."""
    drain()


def do(client: Client, path: str, **told: Any) -> Any:
    """Fill a form in, and say yes to what comes of it."""
    asked = client.post(path, told)
    done = client.post(path, told | {"confirmed": "yes"}, follow=True)
    return asked, done
