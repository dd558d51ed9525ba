"""Reads of job schedules, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.scheduler.models import JobSchedule
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What schedules somebody wants; a part that is None lets all through."""

    name: str | None = None
    enabled: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(schedules: QuerySet[JobSchedule], wanted: Filter) -> QuerySet[JobSchedule]:
    """Return those of the schedules that pass every part of the filter."""
    return narrowed(
        schedules,
        name=wanted.name,
        enabled=wanted.enabled,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
