"""Jobs that follow others: one runs when all of its batch have ended."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.jobs.errors import BatchFailedError
from kernel.jobs.models import After, Job, JobState, WaitsFor
from kernel.jobs.turns import make_ready


def follow(batch_ids: Iterable[UUID]) -> None:
    """Let those of the jobs that follow these batches run, or fail, before whom nobody is left.

    Called in the transaction in which jobs of the batches have ended.
    """
    left = set(batch_ids)
    while left:
        waiting = Job.objects.filter(
            pk__in=left, state=JobState.QUEUED, waits_for=WaitsFor.BATCH
        ).order_by("pk")
        if connection.features.has_select_for_update:
            # Of two that end at the same time the second sees the first, or nobody would go on.
            waiting = waiting.select_for_update()
        left = {job.batch_id for job in waiting if _fails(job) and job.batch_id}


def _fails(job: Job) -> bool:
    """Let a job run if its batch has ended, or fail for it; say whether it has failed."""
    before = Job.objects.filter(batch_id=job.pk)
    if before.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
        return False
    failed = before.filter(state__in=[JobState.FAILED, JobState.CANCELLED])
    this = Job.objects.filter(pk=job.pk)
    if job.after == After.DONE and failed.exists():
        told = f"{BatchFailedError.code}: a job that this one was to follow failed or was cancelled"
        this.update(state=JobState.FAILED, finished_at=clock.now(), last_error=told)
        return True
    if job.run_at > clock.now():
        this.update(waits_for=WaitsFor.TIME)
    else:
        make_ready(this)
    return False
