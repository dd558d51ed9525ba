"""Where imports stand: who may change that, and the jobs that work on them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.importexport.conf import UNFINISHED_IMPORTS
from apps.importexport.models import ImportJob, ImportState
from apps.importexport.models.imports import AT_WORK
from contracts.importexport import ImportFailed
from kernel import clock
from kernel.errors import ConflictError, DomainError, LimitExceededError
from kernel.events.publishing import publish
from kernel.identity.rights import remembered_rights
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import cancel_all
from kernel.jobs.services import enqueue

#: Which job works on an import in a state.
JOBS = {
    ImportState.ANALYSING: "importexport.analyse",
    ImportState.CHECKING: "importexport.check",
    ImportState.RUNNING: "importexport.run",
    ImportState.UNDOING: "importexport.undo",
}
#: What begins at the beginning of the source.
UNREAD: dict[str, Any] = {
    "offset": -1,
    "line": 0,
    "read": 0,
    "batches": 0,
    "total_bytes": 0,
    "row_count": 0,
    "inserted": 0,
    "updated": 0,
    "unchanged": 0,
    "failed": 0,
    "problems": [],
}


def set_to_work(job: ImportJob, state: ImportState, **columns: Any) -> None:
    """Let a job go on with an import in this state, and those of earlier times change nothing.

    In the caller's transaction. Raises LimitExceededError when the tenant has too many at work.
    """
    require_room(job)
    take_over(job, state, asked_by=remembered_rights() or job.asked_by, **columns)


def require_room(job: ImportJob) -> None:
    """Raise LimitExceededError when the tenant has too many imports at work beside this one."""
    most = UNFINISHED_IMPORTS.value()
    if ImportJob.objects.filter(state__in=AT_WORK).exclude(pk=job.pk).count() >= most:
        raise LimitExceededError(f"at most {most} imports are worked on at a time")


def take_over(job: ImportJob, state: ImportState, **columns: Any) -> None:
    """Let a job go on with an import in this state, in the caller's transaction."""
    usual = {"error_code": "", "error_message": "", "finished_at": None, "went_on_at": None}
    move(job, state, round=job.round + 1, **usual | columns)
    go_on(job)


def go_on(job: ImportJob) -> None:
    """Let a job work on an import in the state that it is in, in the caller's transaction."""
    name = JOBS[ImportState(job.state)]
    target = f"{job.pk}:{job.round}"
    job_id = enqueue(name, target, live_key=f"{name} {target}")
    if job_id is not None:
        job.job_id = job_id
        ImportJob.objects.filter(pk=job.pk).update(job_id=job_id)


def move(job: ImportJob, state: ImportState, **columns: Any) -> None:
    """Set where an import stands, and these columns, and save no others."""
    job.state = state
    for name, value in columns.items():
        setattr(job, name, value)
    job.save(update_fields=["state", *columns])


def working(import_id: UUID, round_: int, state: ImportState) -> ImportJob | None:
    """Return an import if this round of it is still to be worked on."""
    return ImportJob.objects.filter(pk=import_id, round=round_, state=state).first()


def worked_on(job: ImportJob, *states: ImportState) -> ImportJob | None:
    """Return the import, locked, if this round of it is in its state still, or in one of these."""
    rows = ImportJob.objects.select_for_update()
    return rows.filter(pk=job.pk, round=job.round, state__in=states or [job.state]).first()


def require_state(job: ImportJob, allowed: Collection[ImportState], verb: str) -> None:
    """Raise ConflictError unless the import is in one of these states."""
    if job.state not in allowed:
        raise ConflictError(f"an import that is {job.state} cannot be {verb}")


def take_back_jobs(job: ImportJob) -> None:
    """Cancel what jobs of an import there are, in the caller's transaction."""
    cancel_all(jobs_of(job).filter(state__in=(JobState.QUEUED, JobState.RUNNING)))


def jobs_of(job: ImportJob) -> Any:
    """Return the jobs of an import, of this round and earlier ones."""
    return Job.objects.filter(
        tenant_id=job.tenant_id, queue="importexport", target__startswith=f"{job.pk}:"
    )


def told(error: DomainError) -> dict[str, str]:
    """Return the columns that say why an import failed."""
    return {
        "error_code": error.code[:60],
        "error_message": str(error)[:1000].replace("\0", "\N{REPLACEMENT CHARACTER}"),
    }


@transaction.atomic
def fail(job: ImportJob, error: DomainError) -> None:
    """Note why an import does not go on, if this round of it is still wanted."""
    found = worked_on(job)
    if found is None:
        return
    if found.state == ImportState.CHECKING:
        enqueue_forgetting_keys(found)
    move(found, ImportState.FAILED, finished_at=clock.now(), **told(error))
    tell_failed(found)


def enqueue_forgetting_keys(job: ImportJob) -> None:
    """Let a job forget what an import that is over has seen, in the caller's transaction."""
    if job.state == ImportState.CHECKING or job.unchanged:
        enqueue("importexport.forget_keys", f"{job.pk}:{seen_round(job)}")


def seen_round(job: ImportJob) -> int:
    """Return under which round keys are kept that an import has seen: 0 but for dry runs."""
    return job.round if job.state == ImportState.CHECKING else 0


def tell_failed(job: ImportJob) -> None:
    """Publish that an import failed, in the caller's transaction."""
    publish(
        ImportFailed(
            import_id=str(job.pk),
            name=job.name,
            error_code=job.error_code,
            error_message=job.error_message,
        )
    )
