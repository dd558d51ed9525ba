"""What may be done to batches: many documents of one template, had as one file."""

from typing import Unpack

from django.db import transaction

from apps.documents.conf import ACCEPTING, BATCHES_WAITING
from apps.documents.models import (
    BatchItem,
    BatchPacking,
    BatchState,
    DocumentBatch,
    DocumentFormat,
    ItemState,
)
from apps.documents.models.batches import OPEN
from apps.documents.selectors.templates import found_template, usable_version
from apps.documents.services.documents import Asked, count_sources, source, wanted
from apps.documents.services.handing_over import enqueue_forgetting
from contracts.documents import (
    DocumentBatchCancelled,
    DocumentBatchCreated,
    DocumentBatchDeleted,
    DocumentBatchResumed,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, UnavailableError
from kernel.events.publishing import publish
from kernel.identity.rights import remembered_rights
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import cancel_all
from kernel.jobs.services import enqueue
from kernel.reading import by_key
from kernel.rows import check, locked

#: Less than for single documents, for which people wait.
PRIORITY = -5
#: So many jobs render the items of a batch, each its own; workers take them as they are free.
LANES = 4


@transaction.atomic
def create_batch(
    *,
    template: str,
    format: DocumentFormat | str,
    packing: BatchPacking | str = BatchPacking.ZIP,
    title: str | None = None,
    version: int | None = None,
    **asked: Unpack[Asked],
) -> DocumentBatch:
    """Let jobs make a document of each item, and one file of them.

    With `sign_with` or `protect` each document in a zip is signed or takes the passwords, or the
    one that all are merged into. Raises InvalidInputError, NotFoundError, ConflictError,
    LimitExceededError, ForbiddenError, UnavailableError.
    """
    if not ACCEPTING.value():
        raise UnavailableError("no documents are taken for now")
    if not count_sources(asked):
        raise InvalidInputError(
            "a batch takes its items from the request, a file, a query or an import"
        )
    used = usable_version(found_template(template), version)
    batch = DocumentBatch(
        title=used.template.title if title is None else title,
        packing=BatchPacking(packing),
        **wanted(used, format, asked),
        **source(list, asked),
    )
    if batch.packing == BatchPacking.MERGED and batch.format != DocumentFormat.PDF:
        raise InvalidInputError("only PDF is merged; documents of other formats go into a zip")
    check(batch, only=("title", "format", "locale"))
    _refuse_many()
    batch.save()
    enqueue_reading(batch)
    publish(
        DocumentBatchCreated(
            batch_id=str(batch.pk),
            title=batch.title,
            format=str(batch.format),
            packing=str(batch.packing),
        )
    )
    return batch


@transaction.atomic
def cancel_batch(*, id: str) -> DocumentBatch:
    """Stop a batch; what was made is kept, so that it may go on. Twice changes nothing.

    Raises ConflictError when it has ended otherwise.
    """
    batch = locked(DocumentBatch, id)
    if batch.state == BatchState.CANCELLED:
        return batch
    if batch.state not in OPEN:
        raise ConflictError(f"the batch is {batch.state} already")
    _stop(batch)
    batch.state, batch.finished_at = BatchState.CANCELLED, clock.now()
    batch.save(update_fields=["state", "finished_at"])
    batch.items.filter(state=ItemState.QUEUED).update(state=ItemState.CANCELLED)
    publish(DocumentBatchCancelled(batch_id=str(batch.pk), title=batch.title, made=batch.made))
    return batch


@transaction.atomic
def resume_batch(*, id: str) -> DocumentBatch:
    """Go on with a batch that was stopped, or whose items failed: with those that are not made.

    Raises ConflictError when there are none, or what was made of it is gone.
    """
    batch = locked(DocumentBatch, id)
    if batch.state in OPEN:
        raise ConflictError(f"the batch is {batch.state}, and goes on by itself")
    _refuse_many()
    if batch.total == 0:
        _begin_again(batch)
        return batch
    missing = batch.items.filter(state__in=(ItemState.FAILED, ItemState.CANCELLED))
    if batch.items.count() < batch.total:
        raise ConflictError("the single documents of the batch are gone: make another")
    count = missing.update(state=ItemState.QUEUED, error_code="", error_message="", error_place="")
    if not count and batch.state == BatchState.READY:
        raise ConflictError("every document of the batch is made")
    batch.failed = 0
    _begin_again(batch, reading=False)
    publish(DocumentBatchResumed(batch_id=str(batch.pk), title=batch.title, items=count))
    return batch


@transaction.atomic
def delete_batch(*, id: str) -> DocumentBatch:
    """Remove a batch with its items and return it as it was; the file it was made as stays."""
    batch = locked(DocumentBatch, id)
    _stop(batch)
    drop_items(batch)
    enqueue_forgetting(batch.file_key)
    publish(DocumentBatchDeleted(batch_id=str(batch.pk), title=batch.title))
    DocumentBatch.objects.filter(pk=batch.pk).delete()
    return batch


def drop_items(batch: DocumentBatch) -> None:
    """Remove the single documents of a batch and their data, in the caller's transaction."""
    # Not their data, which may be a megabyte each.
    for item in by_key(batch.items.exclude(file_key="").only("file_key")):
        enqueue_forgetting(item.file_key)
    BatchItem.objects.filter(batch=batch).delete()


def enqueue_reading(batch: DocumentBatch) -> None:
    """Let a job read the items of a batch, in the caller's transaction."""
    _enqueue("documents.read_batch", f"{batch.pk}:{batch.round}")


def enqueue_lanes(batch: DocumentBatch) -> None:
    """Let jobs make the items of a batch that are not made, in the caller's transaction."""
    for lane in range(LANES):
        _enqueue("documents.make_items", f"{batch.pk}:{batch.round}:{lane}")


def enqueue_joining(batch: DocumentBatch) -> None:
    """Let a job make one file of the documents, in the caller's transaction."""
    _enqueue("documents.join_batch", f"{batch.pk}:{batch.round}")


def _enqueue(name: str, target: str) -> None:
    enqueue(name, target, live_key=f"{name} {target}", priority=PRIORITY)


def _begin_again(batch: DocumentBatch, *, reading: bool = True) -> None:
    batch.round += 1
    batch.state = BatchState.READING if reading else BatchState.RENDERING
    batch.asked_by = remembered_rights() or batch.asked_by
    batch.error_code = batch.error_message = batch.error_place = ""
    batch.finished_at = None
    enqueue_forgetting(batch.file_key)
    batch.file_key = batch.sha256 = ""
    batch.upload_id = None
    batch.save()
    if reading:
        enqueue_reading(batch)
    else:
        enqueue_lanes(batch)


def _stop(batch: DocumentBatch) -> None:
    """Take back what jobs of the batch there are."""
    unfinished = Job.objects.filter(
        queue="documents",
        state__in=(JobState.QUEUED, JobState.RUNNING),
        target__startswith=f"{batch.pk}:",
    )
    cancel_all(unfinished)


def _refuse_many() -> None:
    most = BATCHES_WAITING.value()
    if DocumentBatch.objects.filter(state__in=OPEN).count() >= most:
        raise LimitExceededError(f"at most {most} batches are made at a time")
