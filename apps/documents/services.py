"""What may be done to documents."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.documents.models import Document, DocumentFormat
from contracts.documents import DocumentCreated, DocumentDeleted, DocumentRenamed
from kernel.errors import DomainError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, delete, locked


class DocumentChange(TypedDict, total=False):
    """What of a document can be changed."""

    title: str


@transaction.atomic
def create_document(*, title: str, format: DocumentFormat) -> Document:
    """Queue one in the current tenant."""
    document = Document(title=title, format=format)
    check(document)
    document.save()
    publish(DocumentCreated(document_id=str(document.pk), title=title, format=str(document.format)))
    return document


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
def delete_document(*, id: str) -> Document:
    """Remove a document and return it as it was; the file it was made as stays."""
    document = locked(Document, id)
    delete([document])
    publish(_deleted(document))
    return document


@transaction.atomic
def delete_documents(*, ids: Sequence[str]) -> list[Document | DomainError]:
    """Remove many documents; one that is not there does not keep the others."""
    documents = all_locked(Document, ids)
    publish_all([_deleted(document) for document in delete(documents)])
    return documents


def _deleted(document: Document) -> DocumentDeleted:
    return DocumentDeleted(document_id=str(document.pk), title=document.title)
