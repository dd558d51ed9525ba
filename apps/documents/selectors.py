"""Reads of documents, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.documents.models import Document, DocumentFormat, DocumentState
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What documents somebody wants; a part that is None lets all through."""

    title: str | None = None
    format: DocumentFormat | None = None
    state: DocumentState | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(documents: QuerySet[Document], wanted: Filter) -> QuerySet[Document]:
    """Return those of the documents that pass every part of the filter."""
    return narrowed(
        documents,
        title=wanted.title,
        format=wanted.format,
        state=wanted.state,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
