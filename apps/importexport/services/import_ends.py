"""How going through an import ends."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.importexport.errors import RowsRefusedError, TooManyErrorsError
from apps.importexport.models import ErrorPolicy, ImportJob, ImportState
from apps.importexport.services import owners
from apps.importexport.services.failures import UNFAILED, enqueue_forgetting
from apps.importexport.services.failures import forget as forget_failures
from apps.importexport.services.standing import (
    UNREAD,
    enqueue_forgetting_keys,
    move,
    take_over,
    tell_failed,
    told,
    worked_on,
)
from contracts.importexport import ImportChecked, ImportFinished
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish


def begin_run(job: ImportJob) -> None:
    """Let the rows of an import be brought, from the first on, in the caller's transaction."""
    forget_failures(job)
    columns = {**UNREAD, **UNFAILED}
    undoable = owners.undoes(job.dataset)
    take_over(job, ImportState.RUNNING, starts=False, undoable=undoable, **columns)


def begin_check(job: ImportJob, *, starts: bool = False, **columns: Any) -> None:
    """Let the rows of an import be gone over and none be brought, in the caller's transaction."""
    forget_failures(job)
    take_over(job, ImportState.CHECKING, starts=starts, **{**UNREAD, **UNFAILED, **columns})


@transaction.atomic
def end_check(job: ImportJob, file_id: UUID | None) -> None:
    """Tell what a dry run found; where the import was to start after it, let it."""
    found = worked_on(job)
    if found is None:
        return
    enqueue_forgetting_keys(found)
    columns = _handed_over(found, file_id)
    if found.starts and found.failed:
        count = f"{found.failed:,} of {found.read:,} rows cannot be brought"
        error = RowsRefusedError(f"{count}, so none was")
        now = clock.now()
        move(found, ImportState.FAILED, finished_at=now, **columns, **told(error))
        tell_failed(found)
        return
    move(found, ImportState.CHECKED, **columns)
    publish(
        ImportChecked(
            import_id=str(found.pk), name=found.name, rows=found.read, failed=found.failed
        )
    )
    if found.starts:
        begin_run(found)


@transaction.atomic
def end_run(job: ImportJob, file_id: UUID | None) -> None:
    """Tell that an import is done, or that it was given up after as many errors as it allows."""
    found = worked_on(job)
    if found is None:
        return
    enqueue_forgetting_keys(found)
    columns = {**_handed_over(found, file_id), "finished_at": clock.now()}
    if has_enough(found):
        error = TooManyErrorsError(f"{found.failed:,} rows were refused, up to line {found.line:,}")
        move(found, ImportState.FAILED, **columns, **told(error))
        tell_failed(found)
        return
    move(found, ImportState.DONE, **columns)
    publish(
        ImportFinished(
            import_id=str(found.pk),
            name=found.name,
            dataset=found.dataset,
            inserted=found.inserted,
            updated=found.updated,
            unchanged=found.unchanged,
            removed=found.removed,
            failed=found.failed,
        )
    )


def has_enough(job: ImportJob) -> bool:
    """Say whether as many rows have failed as the import allows."""
    stops = job.state == ImportState.RUNNING and job.policy == ErrorPolicy.STOP_AFTER
    return stops and job.failed >= (job.stop_after or 1)


@transaction.atomic
def tear(job: ImportJob, error: DomainError | None = None) -> None:
    """Take back what was brought of an import of which all was to be, or nothing."""
    found = worked_on(job)
    if found is None:
        return
    why = error or RowsRefusedError(
        f"a row after line {found.line:,} that the dry run had passed was refused: rows of the"
        " dataset have changed meanwhile; what was brought is taken back"
    )
    take_over(found, ImportState.UNDOING, **told(why))


def _handed_over(job: ImportJob, file_id: UUID | None) -> dict[str, object]:
    enqueue_forgetting(job.errors_key)
    return {"errors_id": file_id, "errors_key": ""}
