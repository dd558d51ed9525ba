"""What was made goes to the files service, once, whatever dies on the way."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.documents.access import DOCUMENT
from apps.documents.adapters.stores import document_store
from apps.documents.domain.names import CONTENT_TYPES, file_name
from apps.documents.models.making import Made
from contracts.event import Event
from kernel import clock
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.mesh.storing import NotStoredError, Outgoing, forget, store
from kernel.tenancy.models import TenantModel

M = TypeVar("M", bound=Made)

APP = "documents"


def hand_over(row: Made, going_on: QuerySet[Any], *, title: str, ending: str) -> UUID:
    """Return the id of the file, once the files service has it; begun again, it is the same one.

    `going_on` has the row while it is wanted. Raises what is retryable, or NotStoredError.
    """
    file_id = store(
        Outgoing(
            app=APP,
            # Another attempt to make it has another place, and so is another upload.
            key=f"{row.pk}:{row.file_key}",
            name=file_name(title, ending),
            content_type=CONTENT_TYPES[ending],
            size_bytes=row.size_bytes,
            sha256=row.sha256,
            reader_scope=DOCUMENT.read,
            read=partial(document_store().read, row.file_key),
        ),
        upload_id=str(row.upload_id) if row.upload_id else None,
        note=partial(_note, going_on),
    )
    fault_point("documents-stored")
    return UUID(file_id)


@transaction.atomic
def let_have(
    going_on: QuerySet[M], file_id: UUID, *, state: str, tells: Callable[[M], Event], **more: Any
) -> bool:
    """Let the file be had, and tell of it; False when nobody wants it any more.

    `more` are columns that change with it.
    """
    found = going_on.select_for_update().first()
    if found is None:
        return False
    enqueue_forgetting(found.file_key)
    going_on.update(state=state, output_id=file_id, file_key="", finished_at=clock.now(), **more)
    publish(tells(found))
    return True


def withdraw(row: Made, file_id: UUID) -> None:
    """Let the files service remove what nobody wants any more."""
    forget(APP, reader_scope=DOCUMENT.read, file_id=str(file_id))


def key_of(row: TenantModel) -> str:
    """Return where our own store has what is made of a row: made again, it is at its own place."""
    name = str(row.pk)
    return f"documents/{name[-2:]}/{name}"


def enqueue_forgetting(key: str) -> None:
    """Let a job delete bytes of our own store, in the caller's transaction."""
    if key:
        enqueue("documents.forget", key)


def _note(going_on: QuerySet[Any], upload_id: str) -> None:
    if not going_on.update(upload_id=UUID(upload_id)):
        raise NotStoredError("nobody wants it any more", remote_code="")
