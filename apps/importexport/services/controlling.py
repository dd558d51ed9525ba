"""What may be done to imports that are under way, or through."""

from django.db import transaction

from apps.importexport.models import ErrorPolicy, ImportFormat, ImportJob, ImportMode, ImportState
from apps.importexport.models.imports import AT_WORK
from apps.importexport.services.imports import create_import
from apps.importexport.services.owners import undoes
from apps.importexport.services.standing import (
    enqueue_forgetting_keys,
    move,
    require_state,
    set_to_work,
    take_back_jobs,
)
from contracts.importexport import ImportCancelled, ImportPaused, ImportResumed
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import locked

_STOPPABLE = (
    ImportState.DRAFT,
    ImportState.ANALYSING,
    ImportState.READY,
    ImportState.CHECKING,
    ImportState.CHECKED,
    ImportState.RUNNING,
    ImportState.PAUSED,
)
_UNDOABLE = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED, ImportState.PAUSED)


@transaction.atomic
def pause_import(*, id: str) -> ImportJob:
    """Let an import rest after the piece that is being written. Twice changes nothing.

    Raises ConflictError unless it is running.
    """
    job = locked(ImportJob, id)
    if job.state == ImportState.PAUSED:
        return job
    require_state(job, (ImportState.RUNNING,), "paused")
    move(job, ImportState.PAUSED)
    publish(ImportPaused(import_id=str(job.pk), name=job.name, rows=job.read))
    return job


@transaction.atomic
def resume_import(*, id: str) -> ImportJob:
    """Go on with an import from its checkpoint: one that was paused, or failed on the way.

    Raises ConflictError where nothing is left to go on with, or some of it is taken back already;
    LimitExceededError.
    """
    job = locked(ImportJob, id)
    if job.state == ImportState.RUNNING:
        return job
    require_state(job, (ImportState.PAUSED, ImportState.FAILED), "resumed")
    if job.undone:
        raise ConflictError("some of it is taken back already: undo the rest")
    begun = job.undoable or (job.batches and not undoes(job.dataset))
    if job.state == ImportState.FAILED and not begun:
        raise ConflictError("it failed before a row was brought: start it again as another one")
    if job.policy == ErrorPolicy.STOP_AFTER and job.failed >= (job.stop_after or 1):
        raise ConflictError("as many rows have failed as it allows: retry those, or undo it")
    set_to_work(job, ImportState.RUNNING)
    publish(ImportResumed(import_id=str(job.pk), name=job.name, rows=job.read))
    return job


@transaction.atomic
def cancel_import(*, id: str) -> ImportJob:
    """Stop an import that has not come to its end; what it has brought stays, and can be undone.

    Telling it twice changes nothing. Raises ConflictError when it is done or failed.
    """
    job = locked(ImportJob, id)
    if job.state == ImportState.CANCELLED:
        return job
    require_state(job, _STOPPABLE, "cancelled")
    enqueue_forgetting_keys(job)
    move(job, ImportState.CANCELLED, finished_at=clock.now())
    take_back_jobs(job)
    publish(ImportCancelled(import_id=str(job.pk), name=job.name))
    return job


@transaction.atomic
def undo_import(*, id: str) -> ImportJob:
    """Let rows be as they were before an import; those that were changed since stay, counted.

    Telling it twice changes nothing. Raises ConflictError where nothing was brought, or what it
    takes is not kept any more; LimitExceededError.
    """
    job = locked(ImportJob, id)
    if job.state in (ImportState.UNDOING, ImportState.UNDONE):
        return job
    require_state(job, _UNDOABLE, "undone")
    if not undoes(job.dataset):
        raise ConflictError("its database keeps no receipts of what was brought: it stays there")
    if not job.undoable:
        raise ConflictError("what its rows were before is not kept: it brought none, or long ago")
    set_to_work(job, ImportState.UNDOING)
    return job


@transaction.atomic
def retry_failed_rows(*, id: str, source_id: str) -> ImportJob:
    """Make an import of the mended file of errors of another, which does what that was to do.

    Raises ConflictError while the other is worked on, InvalidInputError, LimitExceededError.
    """
    job = locked(ImportJob, id)
    if job.state in AT_WORK or not job.failed:
        raise ConflictError("it is worked on, or none of its rows failed")
    made = create_import(
        name=f"{job.name[:240]} (failed rows)",
        format=ImportFormat.CSV,
        source_id=source_id,
        dataset=job.dataset,
        mapping=job.mapping,
        rules=job.rules,
        # What replaced a table has removed what it did not bring; this is to add to it.
        mode=ImportMode.UPSERT if job.mode == ImportMode.REPLACE else job.mode,
        policy=job.policy,
        stop_after=job.stop_after,
        time_zone=job.time_zone,
    )
    made.retry_of = job.pk
    made.save(update_fields=["retry_of"])
    return made
