"""What may be done to import jobs."""

from collections.abc import Sequence

from django.db import transaction

from apps.importexport.conf import ACCEPTING
from apps.importexport.models import ImportFormat, ImportJob, ImportState
from contracts.importexport import ImportCancelled, ImportCreated, ImportDeleted
from kernel.errors import ConflictError, DomainError, UnavailableError
from kernel.events.publishing import publish, publish_all
from kernel.ids import parse_id
from kernel.rows import all_locked, change, check, delete, locked

#: Where an import has not come to its end.
UNFINISHED = frozenset({ImportState.QUEUED, ImportState.RUNNING})


@transaction.atomic
def create_import(*, name: str, format: ImportFormat, source_id: str | None = None) -> ImportJob:
    """Queue one in the current tenant; raises UnavailableError while none are taken."""
    if not ACCEPTING.value():
        raise UnavailableError("no imports are taken for now")
    source = None if source_id is None else parse_id(source_id)
    made = ImportJob(name=name, format=format, source_id=source)
    check(made)
    made.save()
    publish(
        ImportCreated(
            import_id=str(made.pk),
            name=name,
            format=str(made.format),
            source_id=str(source or ""),
        )
    )
    return made


@transaction.atomic
def cancel_import(*, id: str) -> ImportJob:
    """Stop an import that has not come to its end. Telling it twice changes nothing.

    Raises ConflictError when it is done or failed.
    """
    found = locked(ImportJob, id)
    if found.state == ImportState.CANCELLED:
        return found
    if found.state not in UNFINISHED:
        raise ConflictError(
            f"only a queued or running import can be cancelled, this one is {found.state}"
        )
    change(found, state=ImportState.CANCELLED)
    publish(ImportCancelled(import_id=str(found.pk), name=found.name))
    return found


@transaction.atomic
def delete_import(*, id: str) -> ImportJob:
    """Remove an import and return it as it was; its rows stay where they were brought.

    Raises ConflictError while it is running.
    """
    found = locked(ImportJob, id)
    refusal = _running(found)
    if refusal:
        raise refusal
    delete([found])
    publish(_deleted(found))
    return found


@transaction.atomic
def delete_imports(*, ids: Sequence[str]) -> list[ImportJob | DomainError]:
    """Remove many imports; one that is running or not there does not keep the others."""
    found = [
        one if isinstance(one, DomainError) else _running(one) or one
        for one in all_locked(ImportJob, ids)
    ]
    publish_all([_deleted(one) for one in delete(found)])
    return found


def _deleted(found: ImportJob) -> ImportDeleted:
    return ImportDeleted(import_id=str(found.pk), name=found.name)


def _running(found: ImportJob) -> ConflictError | None:
    if found.state != ImportState.RUNNING:
        return None
    return ConflictError(f"the import {found.pk} is running: cancel it first")
