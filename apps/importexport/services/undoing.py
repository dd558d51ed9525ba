"""What an import brought is taken back, as long as nobody has changed it since.

Begun again after a crash, it goes on: rows that are as before do not name the import any more.
"""

from uuid import UUID

from django.db import transaction

from apps.importexport.errors import PlanRefusedError
from apps.importexport.models import DataTable, ImportJob, ImportState
from apps.importexport.services import owners
from apps.importexport.services.applying import batch_name
from apps.importexport.services.import_plans import dataset_named
from apps.importexport.services.replacing import AT_ONCE, brought_by, lock
from apps.importexport.services.staging import Undone, delete_some, restore_some
from apps.importexport.services.standing import (
    enqueue_forgetting_keys,
    fail,
    jobs_of,
    move,
    tell_failed,
    worked_on,
    working,
)
from contracts.importexport import ImportUndone
from kernel import clock
from kernel.errors import DomainError, NotFoundError, UnavailableError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.identity.rights import remaining_rights
from kernel.jobs.models import JobState
from kernel.jobs.running import current_job
from kernel.tenancy.context import acting_as


def undo_import(import_id: UUID, round_: int) -> None:
    """Let rows be as they were before an import. Told twice, or after a crash, it is done once."""
    job = working(import_id, round_, ImportState.UNDOING)
    if job is None:
        return
    try:
        with acting_as(remaining_rights(job.asked_by)):
            dataset, table = dataset_named(job.dataset)
            done = _undo_rows(job, table) if table else _undo_batches(job, dataset.name)
    except DomainError as error:
        if error.retryable:
            raise
        fail(job, error)
        return
    if done:
        _end(job)


def _undo_rows(job: ImportJob, table: DataTable) -> bool:
    """Take back rows of a table; False when this round of the import is over."""
    after: UUID | None = None
    restoring = more = True
    while more:
        with transaction.atomic():
            found = worked_on(job)
            if found is None:
                return False
            brought = brought_by(found, lock(table))
            if restoring:
                some = restore_some(brought, most=AT_ONCE)
            else:
                some = delete_some(brought, after=after, most=AT_ONCE)
            _count(found, some)
        fault_point("importexport-some-undone")
        more = restoring or some.seen > 0
        restoring = restoring and some.seen > 0
        after = some.last
        current_job().progress(found.undone, found.inserted + found.updated + found.removed, "rows")
    return True


def _count(job: ImportJob, some: Undone) -> None:
    job.undone += some.undone
    job.save(update_fields=["undone"])


def _undo_batches(job: ImportJob, dataset: str) -> bool:
    """Let the owner of a dataset take back its batches, the last first."""
    unfinished = (JobState.QUEUED, JobState.RUNNING)
    others = jobs_of(job).filter(state__in=unfinished).exclude(pk=job.job_id)
    if others.exists():
        raise UnavailableError("a job is still at work with a batch of the import")
    # One that was told and not noted, as whoever told it died, is behind the last.
    number = job.batches
    while _undo_batch(job, dataset, number) is not None:
        number += 1
    for number in range(job.batches - 1, -1, -1):
        undone = _undo_batch(job, dataset, number)
        if undone is None:
            raise PlanRefusedError(f"of batch {number} nothing is known any more: it stays")
        fault_point("importexport-batch-undone")
        with transaction.atomic():
            found = worked_on(job)
            if found is None:
                return False
            found.batches = number
            _count(found, Undone(seen=0, undone=undone, last=None))
            found.save(update_fields=["batches"])
        current_job().progress(found.undone, found.inserted + found.updated, "rows")
    return True


def _undo_batch(job: ImportJob, dataset: str, number: int) -> int | None:
    try:
        return owners.undo(dataset, batch=batch_name(job, number)).undone
    except NotFoundError:
        return None


@transaction.atomic
def _end(job: ImportJob) -> None:
    found = worked_on(job)
    if found is None:
        return
    enqueue_forgetting_keys(found)
    found.kept = max(found.inserted + found.updated + found.removed - found.undone, 0)
    # One that was to be brought whole or not at all has failed, and this was what is left of it.
    state = ImportState.FAILED if found.error_code else ImportState.UNDONE
    move(found, state, kept=found.kept, undoable=False, row_count=0, finished_at=clock.now())
    if found.error_code:
        tell_failed(found)
    publish(
        ImportUndone(import_id=str(found.pk), name=found.name, undone=found.undone, kept=found.kept)
    )
