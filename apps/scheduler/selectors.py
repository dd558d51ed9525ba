"""Reads of job schedules, always within the current tenant."""

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "enabled": "enabled",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
