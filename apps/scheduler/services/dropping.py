"""Runs that are not to go on."""

from collections.abc import Sequence

from apps.scheduler.models import JobRun, JobSchedule
from kernel.jobs.models import Job
from kernel.jobs.operations import cancel_all
from kernel.jobs.services import enqueue


def drop_run(run: JobRun) -> None:
    """Take back the job of a run, and ask for an end of the work that it began elsewhere.

    In the caller's transaction.
    """
    if run.job_id:
        cancel_all(Job.objects.filter(pk=run.job_id))
    if run.work:
        enqueue("scheduler.stop_work", str(run.pk))


def drop_runs(schedules: Sequence[JobSchedule]) -> int:
    """Take back the jobs of these schedules' runs; return how many runs there were.

    For schedules that are removed, in the caller's transaction, which holds their rows. Work that
    a run of them began elsewhere goes on.
    """
    if not schedules:
        return 0
    rows = JobRun.objects.filter(
        schedule__in=[one.pk for one in schedules], finished_at=None, job_id__isnull=False
    )
    jobs = [one for one in rows.values_list("job_id", flat=True) if one]
    if jobs:
        cancel_all(Job.objects.filter(pk__in=jobs))
    return len(jobs)
