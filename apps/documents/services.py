"""What may be done to documents."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.documents.models import Document, DocumentFormat
from kernel.errors import DomainError
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
    return document


@transaction.atomic
def update_document(*, id: str, **changes: Unpack[DocumentChange]) -> Document:
    """Give a document another title, wherever it stands; without one nothing changes."""
    document = locked(Document, id)
    change(document, **changes)
    return document


@transaction.atomic
def delete_document(*, id: str) -> Document:
    """Remove a document and return it as it was; the file it was made as stays."""
    document = locked(Document, id)
    delete([document])
    return document


@transaction.atomic
def delete_documents(*, ids: Sequence[str]) -> list[Document | DomainError]:
    """Remove many documents; one that is not there does not keep the others."""
    documents = all_locked(Document, ids)
    delete(documents)
    return documents
