"""Reads of files, always within the current tenant."""

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
    "trashed": "trashed",
}
FOLDER_LOOKUPS = {"name": "name", "trashed": "trashed"}
