"""How work stands that a chore began, read from the row of it."""

from collections.abc import Collection
from typing import Any, Protocol, TypeVar
from uuid import UUID

from contracts.chores import Work, WorkState
from kernel.background.jobs import error_of
from kernel.errors import NotFoundError
from kernel.ids import parse_id
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import cancel_all
from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import TenantModel

M = TypeVar("M", bound=TenantModel)
_OF_JOBS = {
    JobState.QUEUED: WorkState.GOING_ON,
    JobState.RUNNING: WorkState.GOING_ON,
    JobState.DONE: WorkState.DONE,
    JobState.FAILED: WorkState.FAILED,
    JobState.CANCELLED: WorkState.CANCELLED,
}


class Row(Protocol):
    """Work as a row of an app."""

    state: Any
    error_code: Any
    error_message: Any


def row_of(model: type[M], row_id: str) -> M:
    """Return a row that whoever acts may see; raises NotFoundError."""
    row = model.visible().filter(pk=parse_id(row_id)).first()
    if row is None:
        raise NotFoundError(f"no {model._meta.verbose_name} {row_id}")
    return row


def work_of(
    row: Row,
    *,
    goes_on: Collection[str],
    done: Collection[str],
    message: str = "",
    count: tuple[int, int | None] = (0, None),
    **result: Any,
) -> Work:
    """Return how it stands; in no such state, it was cancelled if it says so, or has failed.

    A count is how much is done, and of how much, if that is known.
    """
    if row.state in goes_on:
        return Work(state=WorkState.GOING_ON, message=message, done=count[0], total=count[1])
    if row.state in done:
        return Work(state=WorkState.DONE, message=message, result=result)
    cancelled = row.state == WorkState.CANCELLED
    return Work(
        state=WorkState.CANCELLED if cancelled else WorkState.FAILED,
        message=message,
        error_code=row.error_code,
        error_message=row.error_message,
    )


def work_of_job(job_id: str, name: str) -> Work:
    """Return how a job of this name stands; raises NotFoundError for none of the tenant."""
    job = _job(job_id, name)
    error = error_of(job) or {"code": "", "message": ""}
    return Work(
        state=_OF_JOBS[JobState(job.state)],
        message=job.progress_message,
        done=job.progress_done,
        total=job.progress_total,
        error_code=error["code"] if job.state == JobState.FAILED else "",
        error_message=error["message"] if job.state == JobState.FAILED else "",
    )


def stop_job(job_id: str, name: str) -> None:
    """Take a job of this name back, or ask it to end; raises NotFoundError as above."""
    cancel_all(Job.objects.filter(pk=_job(job_id, name).pk))


def live_job(live_key: str) -> UUID | None:
    """Return the job that holds a key and has not ended."""
    found = Job.objects.filter(live_key=live_key, finished_at=None)
    return found.values_list("pk", flat=True).first()


def _job(job_id: str, name: str) -> Job:
    job = Job.objects.filter(pk=parse_id(job_id), tenant_id=current_tenant_id(), name=name).first()
    if job is None:
        raise NotFoundError(f"no job {job_id}")
    return job
