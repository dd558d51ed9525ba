"""Reads of import jobs, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.importexport.models import ImportFormat, ImportJob, ImportState
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What imports somebody wants; a part that is None lets all through."""

    name: str | None = None
    format: ImportFormat | None = None
    state: ImportState | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(imports: QuerySet[ImportJob], wanted: Filter) -> QuerySet[ImportJob]:
    """Return those of the imports that pass every part of the filter."""
    return narrowed(
        imports,
        name=wanted.name,
        format=wanted.format,
        state=wanted.state,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
