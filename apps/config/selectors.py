"""Reads of feature flags, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.config.models import FeatureFlag
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What flags somebody wants; a part that is None lets all through."""

    keys: list[str] | None = None
    enabled: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(flags: QuerySet[FeatureFlag], wanted: Filter) -> QuerySet[FeatureFlag]:
    """Return those of the flags that pass every part of the filter."""
    return narrowed(
        flags,
        key__in=wanted.keys,
        enabled=wanted.enabled,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
