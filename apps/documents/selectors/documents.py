"""Reads of documents and batches, always within the current tenant."""

from apps.documents.models import Document, DocumentBatch, TemplateVersion

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "title": "title",
    "format": "format",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
#: Of batches.
BATCH_LOOKUPS = {name: LOOKUPS[name] for name in ("state", "created_from", "created_before")}


def versions_of_documents(ids: list[str]) -> dict[str, TemplateVersion]:
    """Return what these documents are made of."""
    return _versions_of(Document, ids)


def versions_of_batches(ids: list[str]) -> dict[str, TemplateVersion]:
    """Return what the documents of these batches are made of."""
    return _versions_of(DocumentBatch, ids)


def _versions_of(
    model: type[Document | DocumentBatch], ids: list[str]
) -> dict[str, TemplateVersion]:
    rows = model.objects.filter(pk__in=ids).exclude(version=None).select_related("version")
    return {str(row.pk): row.version for row in rows if row.version is not None}
