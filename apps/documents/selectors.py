"""Reads of documents, always within the current tenant."""

from django.db.models import QuerySet

from apps.documents.models import Document
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(document_id: str) -> Document:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = Document.objects.filter(pk=parse_id(document_id)).first()
    if found is None:
        raise NotFoundError(f"no document {document_id}")
    return found


def all_documents() -> QuerySet[Document]:
    """Return every one of this tenant."""
    return Document.objects.all()
