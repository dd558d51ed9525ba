"""Reads of documents and batches, always within the current tenant."""

from apps.documents.models import Document, DocumentBatch, SigningKey, TemplateVersion

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


def keys_of_documents(ids: list[str]) -> dict[str, SigningKey]:
    """Return the keys that these documents are signed with, of those that have one."""
    return _keys_of(Document, ids)


def keys_of_batches(ids: list[str]) -> dict[str, SigningKey]:
    """Return the keys that the documents of these batches are signed with."""
    return _keys_of(DocumentBatch, ids)


def _keys_of(model: type[Document | DocumentBatch], ids: list[str]) -> dict[str, SigningKey]:
    rows = model.objects.filter(pk__in=ids, signing_key_id__isnull=False)
    pairs = dict(rows.values_list("pk", "signing_key_id"))
    found = SigningKey.objects.in_bulk(set(pairs.values()))
    return {str(row): found[key] for row, key in pairs.items() if key in found}


def _versions_of(
    model: type[Document | DocumentBatch], ids: list[str]
) -> dict[str, TemplateVersion]:
    rows = model.objects.filter(pk__in=ids).exclude(version=None).select_related("version")
    return {str(row.pk): row.version for row in rows if row.version is not None}
