"""What may be done to import jobs."""

from apps.importexport.models import ImportFormat, ImportJob


def create_import(*, name: str, format: ImportFormat) -> ImportJob:
    """Make one in the current tenant."""
    return ImportJob.objects.create(name=name, format=format)
