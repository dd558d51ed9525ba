"""Reads of documents, always within the current tenant."""

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "title": "title",
    "format": "format",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
