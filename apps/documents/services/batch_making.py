"""Batches are made: items read, each rendered by one of some jobs, and all joined into one file.

Whatever dies on the way, each item becomes one document: the rows say which are made, and a
document is kept under a key of its item, so that made again it takes the place of itself.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from apps.documents.adapters.stores import document_store
from apps.documents.conf import BATCH_ITEMS, ITEM_DAYS
from apps.documents.domain.findings import Finding
from apps.documents.domain.items import Item
from apps.documents.errors import AbandonedError, DataRefusedError, DataUnreadableError
from apps.documents.models import (
    BatchItem,
    BatchPacking,
    BatchState,
    DocumentBatch,
    ItemState,
    TemplateVersion,
)
from apps.documents.models.batches import OPEN
from apps.documents.services.batches import (
    LANES,
    drop_items,
    enqueue_joining,
    enqueue_lanes,
)
from apps.documents.services.handing_over import enqueue_forgetting, key_of
from apps.documents.services.making import rendered, told
from apps.documents.services.protecting import protection_of
from apps.documents.services.rendering import Rendered
from apps.documents.services.signing import read_key
from apps.documents.services.sources import items_for, source_of
from contracts.documents import DocumentBatchFailed
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.models import Job, JobState
from kernel.jobs.running import current_job
from kernel.tenancy.context import in_tenant

#: Items that one statement stores.
STORED_AT_ONCE = 200
#: Documents that are noted together, and how long the first of them waits for that.
NOTED_AT_ONCE = 50
NOTED_AFTER_SECONDS = 1.0
_SWEPT_AT_ONCE = 100


def read_items(batch_id: UUID, round_: int) -> None:
    """Store the items of a batch, and let them be made. Begun again, it reads all anew."""
    batch = _going_on(batch_id, round_, BatchState.READING)
    if batch is None:
        return
    # None of them is made before all are read, so nothing of an attempt before is missed.
    BatchItem.objects.filter(batch=batch).delete()
    total = 0
    try:
        with items_for(batch) as found:
            for some in _in_chunks(found):
                if total + len(some) > BATCH_ITEMS.value():
                    raise DataUnreadableError(f"a batch has at most {BATCH_ITEMS.value()} items")
                _store(batch, some, total)
                total += len(some)
                current_job().progress(total, message="reading items")
                fault_point("documents-items-read")
        if total == 0:
            raise DataUnreadableError("there are no items")
    except DomainError as error:
        if error.retryable:
            raise
        fail_batch(batch, error)
        return
    _begin_rendering(batch, total)


def make_items(batch_id: UUID, round_: int, lane: int) -> None:
    """Make the items of a batch that are this job's and are not made; the last job goes on."""
    batch = _going_on(batch_id, round_, BatchState.RENDERING)
    if batch is None:
        return
    try:
        versions = TemplateVersion.objects.select_related("uploaded", "fonts")
        version = versions.get(pk=batch.version_id or "")
        plain = source_of(version)
        # Of a merged batch the whole is signed: what is merged has no signature any more.
        single = batch.packing != BatchPacking.MERGED
        key = read_key(batch.signing_key_id) if single else None
        # Also of a merged one: the single documents are kept for days, for going on.
        protection = protection_of(batch)
    except DomainError as error:
        if error.retryable:
            raise
        fail_batch(batch, error)
        return
    made: list[BatchItem] = []
    since = time.monotonic()
    for item in _queued(batch, lane):
        source = replace(plain, data=item.data.encode())
        _make(
            item,
            rendered(
                source,
                format=batch.format,
                locale=batch.locale,
                key=key,
                protection=protection,
            ),
        )
        fault_point("documents-item-made")
        made.append(item)
        current_job().check()
        if len(made) == NOTED_AT_ONCE or time.monotonic() - since > NOTED_AFTER_SECONDS:
            if not _note(batch, made):
                return
            made, since = [], time.monotonic()
    if _note(batch, made):
        _go_on_if_all_made(batch)


@transaction.atomic
def fail_batch(batch: DocumentBatch, error: DomainError) -> None:
    """Note why a batch comes to no file, if it is still wanted."""
    rows = DocumentBatch.objects.select_for_update()
    found = rows.filter(pk=batch.pk, round=batch.round, state__in=OPEN).first()
    if found is None:
        return
    columns = told(error)
    enqueue_forgetting(found.file_key)
    DocumentBatch.objects.filter(pk=found.pk).update(
        state=BatchState.FAILED, finished_at=clock.now(), file_key="", **columns
    )
    publish(
        DocumentBatchFailed(
            batch_id=str(found.pk),
            title=found.title,
            error_code=columns["error_code"],
            error_message=columns["error_message"],
        )
    )


def sweep_batches() -> None:
    """End batches whose jobs have given up, and drop the items of those that are long through."""
    for batch in DocumentBatch.across_tenants.filter(state__in=OPEN).order_by("pk")[
        :_SWEPT_AT_ONCE
    ]:
        with in_tenant(batch.tenant_id):
            _look_at(batch)
    through = DocumentBatch.across_tenants.filter(
        finished_at__lt=clock.now() - timedelta(days=ITEM_DAYS.value()), items__isnull=False
    )
    for batch in through.distinct().order_by("pk")[:_SWEPT_AT_ONCE]:
        with in_tenant(batch.tenant_id), transaction.atomic():
            drop_items(batch)


def _look_at(batch: DocumentBatch) -> None:
    this = f"{batch.pk}:{batch.round}"
    jobs = Job.objects.filter(Q(target=this) | Q(target__startswith=f"{this}:"), queue="documents")
    if jobs.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        return
    gone = jobs.filter(state__in=(JobState.FAILED, JobState.CANCELLED)).first()
    if gone is not None:
        fail_batch(batch, AbandonedError(gone.last_error or "its job was taken back"))
    elif batch.state == BatchState.RENDERING:
        with transaction.atomic():
            enqueue_lanes(batch)


def _going_on(batch_id: UUID, round_: int, state: BatchState) -> DocumentBatch | None:
    return DocumentBatch.objects.filter(pk=batch_id, round=round_, state=state).first()


def _in_chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    while some := list(itertools.islice(items, STORED_AT_ONCE)):
        yield some


def _store(batch: DocumentBatch, items: list[Item], before: int) -> None:
    rows = []
    for position, item in enumerate(items, start=before + 1):
        row = BatchItem(batch=batch, position=position, data=item.data)
        if item.problem:
            _refuse(row, DataRefusedError([Finding(item.place, "item", item.problem)]))
        rows.append(row)
    BatchItem.objects.bulk_create(rows)


@transaction.atomic
def _begin_rendering(batch: DocumentBatch, total: int) -> None:
    rows = DocumentBatch.objects.filter(pk=batch.pk, round=batch.round, state=BatchState.READING)
    failed = BatchItem.objects.filter(batch=batch, state=ItemState.FAILED).count()
    if rows.update(state=BatchState.RENDERING, total=total, made=0, failed=failed):
        enqueue_lanes(batch)


def _queued(batch: DocumentBatch, lane: int) -> Iterator[BatchItem]:
    """Yield this lane's items that are not made, a few at a time, in their order."""
    rows = BatchItem.objects.annotate(lane=F("position") % LANES).filter(
        batch=batch, state=ItemState.QUEUED, lane=lane
    )
    position = 0
    while some := list(rows.filter(position__gt=position).order_by("position")[:NOTED_AT_ONCE]):
        yield from some
        position = some[-1].position


def _make(item: BatchItem, wanted: AbstractContextManager[tuple[Rendered, BinaryIO]]) -> None:
    """Make one document, or note in its row why there is none; what may pass is raised."""
    try:
        with wanted as (made, out):
            item.file_key = key_of(item)
            document_store().save(item.file_key, out)
    except DomainError as error:
        if error.retryable:
            raise
        _refuse(item, error)
        return
    item.state, item.title = ItemState.READY, made.title
    item.pages, item.size_bytes, item.sha256 = made.pages, made.size_bytes, made.sha256


def _refuse(item: BatchItem, error: DomainError) -> None:
    item.state, item.file_key = ItemState.FAILED, ""
    for name, value in told(error).items():
        setattr(item, name, value)


_NOTED = (
    *("state", "title", "file_key", "pages", "size_bytes", "sha256"),
    *("error_code", "error_message", "error_place"),
)


@transaction.atomic
def _note(batch: DocumentBatch, made: list[BatchItem]) -> bool:
    """Write down what became of items; False when the batch was stopped meanwhile."""
    rows = DocumentBatch.objects.select_for_update()
    found = rows.filter(pk=batch.pk, round=batch.round, state=BatchState.RENDERING).first()
    if found is None:
        _forget(made)
        return False
    # One that another worker has noted already, which took over when this one seemed lost.
    open_ones = BatchItem.objects.filter(pk__in=[one.pk for one in made], state=ItemState.QUEUED)
    still = set(open_ones.values_list("pk", flat=True))
    noted = [one for one in made if one.pk in still]
    BatchItem.objects.bulk_update(noted, _NOTED)
    ready = sum(one.state == ItemState.READY for one in noted)
    found.made, found.failed = found.made + ready, found.failed + len(noted) - ready
    found.save(update_fields=["made", "failed"])
    current_job().progress(found.made + found.failed, found.total, "rendering")
    return True


def _forget(made: list[BatchItem]) -> None:
    """Delete what was made of items that are gone; of those that are there it is made again."""
    there = set(
        BatchItem.objects.filter(pk__in=[one.pk for one in made]).values_list("pk", flat=True)
    )
    for one in made:
        if one.pk not in there:
            enqueue_forgetting(one.file_key)


@transaction.atomic
def _go_on_if_all_made(batch: DocumentBatch) -> None:
    rows = DocumentBatch.objects.select_for_update()
    found = rows.filter(pk=batch.pk, round=batch.round, state=BatchState.RENDERING).first()
    if found is None or found.items.filter(state=ItemState.QUEUED).exists():
        return
    found.state = BatchState.JOINING
    found.save(update_fields=["state"])
    enqueue_joining(found)
