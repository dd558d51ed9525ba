"""Reads of files, always within the current tenant."""

from django.db.models import QuerySet

from apps.files.models import File
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(file_id: str) -> File:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = File.objects.filter(pk=parse_id(file_id)).first()
    if found is None:
        raise NotFoundError(f"no file {file_id}")
    return found


def all_files() -> QuerySet[File]:
    """Return every one of this tenant."""
    return File.objects.all()
