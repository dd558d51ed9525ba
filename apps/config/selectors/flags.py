"""Feature flags as they are looked for."""

from typing import Any

from django.db.models import Q, QuerySet

from apps.config.models import FeatureFlag

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "keys": "key__in",
    "type": "type",
    "owner": "owner",
    "client_visible": "client_visible",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}


def narrowed(flags: QuerySet[FeatureFlag], wanted: dict[str, Any]) -> QuerySet[FeatureFlag]:
    """Return those that pass the parts of a filter which are no plain lookup."""
    if "text" in wanted:
        text = wanted["text"]
        flags = flags.filter(Q(key__icontains=text) | Q(description__icontains=text))
    if "tag" in wanted:
        # Tags are kept as a JSON list, and have no character that JSON would write otherwise.
        flags = flags.filter(tags__icontains=f'"{wanted["tag"]}"')
    if "archived" in wanted:
        flags = flags.filter(archived_at__isnull=not wanted["archived"])
    return flags


def live_keys() -> frozenset[str]:
    """Return the keys of all flags that are not archived."""
    return frozenset(FeatureFlag.objects.filter(archived_at=None).values_list("key", flat=True))
