"""Reads of import jobs, always within the current tenant."""

from django.db.models import QuerySet

from apps.importexport.models import ImportJob
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(import_job_id: str) -> ImportJob:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = ImportJob.objects.filter(pk=parse_id(import_job_id)).first()
    if found is None:
        raise NotFoundError(f"no import job {import_job_id}")
    return found


def all_import_jobs() -> QuerySet[ImportJob]:
    """Return every one of this tenant."""
    return ImportJob.objects.all()
