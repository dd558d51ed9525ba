"""What may be done to documents."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.documents.conf import ACCEPTING, WAITING
from apps.documents.domain.expressions.locales import Locale
from apps.documents.models import Document, DocumentFormat, DocumentState, TemplateVersion
from apps.documents.models.documents import UNFINISHED
from apps.documents.selectors.templates import found_template, usable_version
from apps.documents.services.handing_over import enqueue_forgetting
from apps.documents.services.protecting import protection_text
from apps.documents.services.signing import key_to_sign_with
from apps.documents.services.sources import checked_id, checked_query, data_text
from contracts.documents import (
    DocumentCancelled,
    DocumentCreated,
    DocumentDeleted,
    DocumentRenamed,
    DocumentRetried,
)
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    UnavailableError,
)
from kernel.events.publishing import publish, publish_all
from kernel.identity.rights import remembered_rights
from kernel.jobs.models import Job
from kernel.jobs.operations import cancel_all
from kernel.jobs.services import enqueue
from kernel.rows import all_locked, change, check, delete, locked

#: Less than for what people wait for: a batch has another.
PRIORITY = 0


class DataSource(TypedDict, total=False):
    """Where data comes from: one of these, or none for a template that needs none."""

    data: Any
    data_file: str | None
    query: Mapping[str, Any] | None
    #: The id of an import, whose rows are the data.
    import_job: str | None


class Asked(DataSource, total=False):
    """Also how it is made: in which locale, signed with which key, with which passwords."""

    locale: str | None
    sign_with: str | None
    #: `password`, `owner_password`, `printing` and `copying`.
    protect: Mapping[str, Any] | None


class DocumentChange(TypedDict, total=False):
    """What of a document can be changed."""

    title: str


@transaction.atomic
def create_document(
    *,
    template: str,
    format: DocumentFormat | str,
    title: str | None = None,
    version: int | None = None,
    **asked: Unpack[Asked],
) -> Document:
    """Let a job make one in the current tenant, of the version that is published or the one named.

    It is signed with a key whose name or id is told, which takes `documents:sign`, or takes
    passwords. Raises InvalidInputError, NotFoundError, ConflictError, LimitExceededError,
    ForbiddenError, and UnavailableError while none are taken.
    """
    used = usable_version(found_template(template), version)
    document = Document(
        title=used.template.title if title is None else title,
        **wanted(used, format, asked),
        **source(dict, asked),
    )
    ask_for([document])
    return document


def ask_for(documents: Sequence[Document]) -> None:
    """Let jobs make documents that are new, in the caller's transaction.

    Raises InvalidInputError, LimitExceededError, and UnavailableError while none are taken.
    """
    if not ACCEPTING.value():
        raise UnavailableError("no documents are taken for now")
    open_ones = Document.objects.filter(state__in=UNFINISHED).count()
    if open_ones + len(documents) > WAITING.value():
        raise LimitExceededError(f"at most {WAITING.value()} documents wait or are made at a time")
    for document in documents:
        check(document, only=("title", "format", "locale"))
        document.job_id = _enqueue(document)
        document.save()
    publish_all(
        [
            DocumentCreated(document_id=str(one.pk), title=one.title, format=str(one.format))
            for one in documents
        ]
    )


def wanted(version: TemplateVersion, format: DocumentFormat | str, asked: Asked) -> dict[str, Any]:
    """Return the columns that say as what something is made.

    Raises InvalidInputError, and what `key_to_sign_with` does.
    """
    kind, locale, sign_with = DocumentFormat(format), asked.get("locale"), asked.get("sign_with")
    if version.template.formats and kind not in version.template.formats:
        raise InvalidInputError(
            f"the template is meant for {', '.join(version.template.formats)}, and not {kind}"
        )
    if version.uploaded is not None and version.uploaded.kind != kind:
        raise InvalidInputError(
            f"the template is a file that becomes {version.uploaded.kind} alone"
        )
    try:
        Locale(locale or "en")
    except ValueError as error:
        raise InvalidInputError(f"locale: {error}") from None
    return {
        "version": version,
        "format": kind,
        "locale": locale or "",
        "signing_key_id": key_to_sign_with(sign_with, kind),
        "protection": protection_text(asked.get("protect"), version, kind, signed=bool(sign_with)),
    }


def source(kind: type, given: DataSource) -> dict[str, Any]:
    """Return the columns that say where data comes from; raises InvalidInputError."""
    if count_sources(given) > 1:
        raise InvalidInputError(
            "data comes with the request, from a file, by a query or from an import: one of it"
        )
    return {
        "data": data_text(given.get("data"), kind=kind),
        "data_file_id": checked_id(given.get("data_file")),
        "import_job_id": checked_id(given.get("import_job")),
        "query": checked_query(given.get("query")),
        "asked_by": remembered_rights(),
    }


def count_sources(given: DataSource) -> int:
    """Return from how many places data is to come."""
    return sum(given.get(one) is not None for one in ("data", "data_file", "query", "import_job"))


@transaction.atomic
def update_document(*, id: str, **changes: Unpack[DocumentChange]) -> Document:
    """Give a document another title, wherever it stands; without one nothing changes."""
    document = locked(Document, id)
    previous = document.title
    change(document, **changes)
    if document.title != previous:
        publish(
            DocumentRenamed(
                document_id=str(document.pk), title=document.title, previous_title=previous
            )
        )
    return document


@transaction.atomic
def cancel_document(*, id: str) -> Document:
    """Take a document back that is not made yet. Twice changes nothing.

    Raises ConflictError when it has ended otherwise.
    """
    document = locked(Document, id)
    if document.state == DocumentState.CANCELLED:
        return document
    if document.state not in UNFINISHED:
        raise ConflictError(f"the document is {document.state} already")
    document.state, document.finished_at = DocumentState.CANCELLED, clock.now()
    document.save(update_fields=["state", "finished_at"])
    cancel_all(Job.objects.filter(pk__in=[document.job_id]))
    publish(DocumentCancelled(document_id=str(document.pk), title=document.title))
    return document


@transaction.atomic
def retry_document(*, id: str) -> Document:
    """Make a document once more that failed, or was taken back; with the caller's own rights.

    Raises ConflictError for any other.
    """
    document = locked(Document, id)
    if document.state not in (DocumentState.FAILED, DocumentState.CANCELLED):
        raise ConflictError(f"the document is {document.state}, and not to be made once more")
    if document.version_id is None and not document.operation:
        raise ConflictError("the document names no template")
    enqueue_forgetting(document.file_key)
    document.job_id = _enqueue(document)
    change(
        document,
        state=DocumentState.QUEUED,
        asked_by=remembered_rights() or document.asked_by,
        job_id=document.job_id,
        file_key="",
        sha256="",
        upload_id=None,
        error_code="",
        error_message="",
        error_place="",
        finished_at=None,
    )
    publish(DocumentRetried(document_id=str(document.pk), title=document.title))
    return document


@transaction.atomic
def delete_document(*, id: str) -> Document:
    """Remove a document and return it as it was; the file it was made as stays."""
    document = locked(Document, id)
    _leave([document])
    return document


@transaction.atomic
def delete_documents(*, ids: Sequence[str]) -> list[Document | DomainError]:
    """Remove many documents; one that is not there does not keep the others."""
    documents = all_locked(Document, ids)
    _leave(documents)
    return documents


def _leave(documents: Sequence[Document | DomainError]) -> None:
    removed = delete(documents)
    for document in removed:
        enqueue_forgetting(document.file_key)
    if jobs := [one.job_id for one in removed if one.job_id and one.state in UNFINISHED]:
        cancel_all(Job.objects.filter(pk__in=jobs))
    publish_all([DocumentDeleted(document_id=str(one.pk), title=one.title) for one in removed])


def _enqueue(document: Document) -> Any:
    return enqueue("documents.make", str(document.pk), priority=PRIORITY)
