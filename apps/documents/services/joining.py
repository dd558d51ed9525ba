"""The documents of a batch become one file: a zip, or one PDF."""

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.documents.adapters.stores import document_store
from apps.documents.domain.names import file_name
from apps.documents.errors import NothingMadeError
from apps.documents.models import (
    BatchItem,
    BatchPacking,
    BatchState,
    DocumentBatch,
    DocumentFormat,
    ItemState,
)
from apps.documents.services.batch_making import fail_batch
from apps.documents.services.handing_over import (
    enqueue_forgetting,
    hand_over,
    let_have,
    withdraw,
)
from apps.documents.services.protecting import protection_of
from apps.documents.services.rendering import Part, Written, merge
from apps.documents.services.signing import read_key, signed
from contracts.documents import DocumentBatchFinished
from contracts.formulas import guarded
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.jobs.running import current_job
from kernel.reading import by_key
from kernel.storage.port import new_key

_WHEN = (1980, 1, 1, 0, 0, 0)
#: What takes less room when it is packed.
_PLAIN = (DocumentFormat.HTML, DocumentFormat.CSV)
FAILURES = "failed.csv"


def join_batch(batch_id: UUID, round_: int) -> None:
    """Let the files service have what was made. Begun again after a crash, it has it once."""
    batch = _begin(batch_id, round_)
    if batch is None:
        return
    ending = "zip" if batch.packing == BatchPacking.ZIP else "pdf"
    try:
        if not batch.sha256:
            _join(batch)
        file_id = hand_over(batch, _going_on(batch), title=batch.title, ending=ending)
    except DomainError as error:
        if error.retryable:
            raise
        fail_batch(batch, error)
        return
    if not let_have(
        _going_on(batch),
        file_id,
        state=BatchState.READY,
        tells=lambda found: _finished(found, file_id),
    ):
        withdraw(batch, file_id)


@transaction.atomic
def _begin(batch_id: UUID, round_: int) -> DocumentBatch | None:
    rows = DocumentBatch.objects.select_for_update()
    batch = rows.filter(pk=batch_id, round=round_, state=BatchState.JOINING).first()
    if batch is None:
        return None
    if not batch.sha256:
        enqueue_forgetting(batch.file_key)
        batch.file_key = new_key("documents")
        batch.save(update_fields=["file_key"])
    return batch


def _going_on(batch: DocumentBatch) -> QuerySet[DocumentBatch]:
    return DocumentBatch.objects.filter(
        pk=batch.pk, round=batch.round, state=BatchState.JOINING, file_key=batch.file_key
    )


def _join(batch: DocumentBatch) -> None:
    made = batch.items.filter(state=ItemState.READY).defer("data")
    if not made.exists():
        raise NothingMadeError("no item has become a document; the items say why")
    with tempfile.TemporaryFile() as out:
        if batch.packing == BatchPacking.ZIP:
            written = Written(out)
            _zip(batch, made, cast(IO[bytes], written))
            batch.size_bytes, batch.sha256 = written.size, written.sha256.hexdigest()
            batch.pages = 0
        else:
            _merge(batch, made, cast(BinaryIO, out))
        out.seek(0)
        document_store().save(batch.file_key, out)
    fault_point("documents-joined")
    columns = {name: getattr(batch, name) for name in ("size_bytes", "sha256", "pages")}
    _going_on(batch).update(**columns)


def _merge(batch: DocumentBatch, made: QuerySet[BatchItem], out: BinaryIO) -> None:
    """Write the documents as one, which is signed or protected where that was asked for."""
    key, protection = read_key(batch.signing_key_id), protection_of(batch)
    password = protection.owner if protection else ""
    parts = [_part(one, password) for one in by_key(made, key="position")]
    with tempfile.TemporaryFile() as unsigned:
        plain = merge(parts, unsigned, title=batch.title, protection=protection)
        unsigned.seek(0)
        with signed(plain, unsigned, key) as (merged, content):
            shutil.copyfileobj(content, out)
    batch.size_bytes, batch.sha256 = merged.size_bytes, merged.sha256
    batch.pages = merged.pages


def _part(item: BatchItem, password: str) -> Part:
    return Part(
        title=f"{item.position} {item.title}"[:200],
        size_bytes=item.size_bytes,
        chunks=lambda: document_store().read(item.file_key),
        password=password,
    )


def _zip(batch: DocumentBatch, made: QuerySet[BatchItem], out: IO[bytes]) -> None:
    """Write the documents, and at their end a table of the items that failed."""
    digits = len(str(batch.total))
    method = zipfile.ZIP_DEFLATED if batch.format in _PLAIN else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w") as archive:
        for number, item in enumerate(by_key(made, key="position"), start=1):
            name = file_name(f"{item.position:0{digits}} {item.title}", batch.format)
            with archive.open(_entry(name, method), "w", force_zip64=True) as member:
                for chunk in document_store().read(item.file_key):
                    member.write(chunk)
            current_job().progress(number, batch.made, "packing")
        if failures := "".join(_failures(batch)):
            archive.writestr(_entry(FAILURES, zipfile.ZIP_DEFLATED), failures)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = method
    entry.external_attr = 0o100644 << 16
    return entry


def _failures(batch: DocumentBatch) -> Iterator[str]:
    rows = batch.items.filter(state=ItemState.FAILED).defer("data")
    if not rows.exists():
        return
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["position", "code", "place", "message"])
    for item in by_key(rows, key="position"):
        told = (item.error_code, item.error_place, item.error_message)
        writer.writerow([item.position, *map(guarded, told)])
    yield text.getvalue()


def _finished(batch: DocumentBatch, file_id: UUID) -> DocumentBatchFinished:
    return DocumentBatchFinished(
        batch_id=str(batch.pk),
        title=batch.title,
        file_id=str(file_id),
        made=batch.made,
        failed=batch.failed,
        size_bytes=batch.size_bytes,
        sha256=batch.sha256,
    )
