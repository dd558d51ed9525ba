"""Documents are made: rendered into our own store, and handed over to the files service.

A job that begins again takes up what is there. What waiting may heal is tried again by the job;
all else is noted in the document, and no fault of the job's.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.documents.adapters.stores import document_store
from apps.documents.domain.protection import Protection
from apps.documents.errors import AbandonedError, FindingsError
from apps.documents.metrics import counted
from apps.documents.models import Document, DocumentState, TemplateVersion
from apps.documents.models.documents import UNFINISHED
from apps.documents.services.handing_over import (
    enqueue_forgetting,
    hand_over,
    let_have,
    withdraw,
)
from apps.documents.services.pdf_operations import of_files
from apps.documents.services.protecting import protection_of
from apps.documents.services.rendering import Rendered, Source, render
from apps.documents.services.signing import read_key, signed
from apps.documents.services.sources import data_of, source_of
from contracts.documents import DocumentFailed, DocumentReady
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.models import Job, JobState
from kernel.jobs.running import current_job
from kernel.storage.port import new_key
from kernel.tenancy.context import in_tenant

if TYPE_CHECKING:
    from apps.documents.adapters.pdf.signing import SigningKey as Key

_IN_MEMORY = 1 << 20
_SWEPT_AT_ONCE = 500


def make_document(document_id: UUID) -> None:
    """Make what is missing of a document. Told twice, or after a crash, it is made once."""
    document = _begin(document_id)
    if document is None:
        return
    try:
        if not document.sha256:
            _render(document)
        title = document.title
        file_id = hand_over(document, _going_on(document), title=title, ending=document.format)
    except DomainError as error:
        if error.retryable:
            raise
        fail(document, error)
        return
    if not let_have(
        _going_on(document),
        file_id,
        state=DocumentState.READY,
        tells=lambda found: _ready(found, file_id),
        passwords=None,
    ):
        withdraw(document, file_id)


@contextmanager
def rendered(
    source: Source,
    *,
    format: str,
    locale: str,
    key: "Key | None" = None,
    protection: Protection | None = None,
) -> Iterator[tuple[Rendered, BinaryIO]]:
    """Give a document that was made, signed if there is a key, and its bytes to be read.

    Raises as `render` and `signed` do.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        out = cast(BinaryIO, file)
        with counted(format):
            made = render(source, out, format=format, locale=locale, protection=protection)
        out.seek(0)
        with signed(made, out, key) as found:
            yield found


def told(error: DomainError) -> dict[str, str]:
    """Return the columns that say why something was not made."""
    place = ""
    if isinstance(error, FindingsError) and error.findings:
        place = error.findings[0].place
    return {
        "error_code": error.code[:60],
        "error_message": str(error)[:1000].replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "error_place": place[:300],
    }


@transaction.atomic
def fail(document: Document, error: DomainError) -> None:
    """Note why a document cannot be made, if it is still wanted."""
    found = _going_on(document).select_for_update().first()
    if found is None:
        return
    columns = told(error)
    Document.objects.filter(pk=found.pk).update(
        state=DocumentState.FAILED, finished_at=clock.now(), file_key="", **columns
    )
    enqueue_forgetting(found.file_key)
    publish(
        DocumentFailed(
            document_id=str(found.pk),
            title=found.title,
            error_code=columns["error_code"],
            error_message=columns["error_message"],
        )
    )


def end_abandoned() -> None:
    """End documents whose job has given up, or is gone."""
    open_ones = Document.across_tenants.filter(state__in=UNFINISHED).order_by("pk")
    for document in open_ones[:_SWEPT_AT_ONCE]:
        job = Job.objects.filter(pk__in=[document.job_id]).first()
        if job is not None and job.state not in (JobState.FAILED, JobState.CANCELLED):
            continue
        with in_tenant(document.tenant_id):
            fail(document, AbandonedError(job.last_error if job else "its job is gone"))


@transaction.atomic
def _begin(document_id: UUID) -> Document | None:
    rows = Document.objects.select_for_update().filter(pk=document_id, state__in=UNFINISHED)
    document = rows.first()
    if document is None or not (document.version_id or document.operation):
        return None
    document.state = DocumentState.RENDERING
    if not document.sha256:
        # What an attempt before has left is another's.
        enqueue_forgetting(document.file_key)
        document.file_key = new_key("documents")
    document.save(update_fields=["state", "file_key"])
    return document


def _going_on(document: Document) -> QuerySet[Document]:
    """Return the row while this attempt is the one that makes it."""
    return Document.objects.filter(pk=document.pk, state__in=UNFINISHED, file_key=document.file_key)


def _render(document: Document) -> None:
    current_job().progress(0, 1, "rendering")
    with of_files(document) if document.operation else _of_template(document) as (made, out):
        document_store().save(document.file_key, out)
    fault_point("documents-rendered")
    document.pages, document.size_bytes = made.pages, made.size_bytes
    document.sha256 = made.sha256
    if document.version and document.title == document.version.template.title and made.title:
        document.title = made.title
    columns = {name: getattr(document, name) for name in ("title", "pages", "size_bytes", "sha256")}
    _going_on(document).update(**columns)
    current_job().progress(1, 1, "storing")


@contextmanager
def _of_template(document: Document) -> Iterator[tuple[Rendered, BinaryIO]]:
    rows = TemplateVersion.objects.select_related("template", "uploaded", "fonts")
    document.version = rows.get(pk=document.version_id or "")
    plain = source_of(document.version)
    with (
        data_of(document) as (data, size),
        rendered(
            replace(plain, data=data, data_bytes=size),
            format=document.format,
            locale=document.locale,
            key=read_key(document.signing_key_id),
            protection=protection_of(document),
        ) as found,
    ):
        yield found


def _ready(document: Document, file_id: UUID) -> DocumentReady:
    return DocumentReady(
        document_id=str(document.pk),
        title=document.title,
        format=document.format,
        file_id=str(file_id),
        pages=document.pages,
        size_bytes=document.size_bytes,
        sha256=document.sha256,
    )
