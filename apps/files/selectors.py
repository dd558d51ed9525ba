"""Reads of files, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.files.models import File, FileState
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What files somebody wants; a part that is None lets all through."""

    name: str | None = None
    content_type: str | None = None
    state: FileState | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(files: QuerySet[File], wanted: Filter) -> QuerySet[File]:
    """Return those of the files that pass every part of the filter."""
    return narrowed(
        files,
        name=wanted.name,
        content_type=wanted.content_type,
        state=wanted.state,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
