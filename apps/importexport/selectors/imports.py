"""Reads of imports, always within the current tenant."""

from dataclasses import dataclass

from apps.importexport.models import ImportJob
from apps.importexport.models.imports import AT_WORK

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "format": "format",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
ERROR_LOOKUPS = {"import_id": "import_id", "code": "code", "column": "column"}
TEMPLATE_LOOKUPS = {"name": "name", "dataset": "dataset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is."""

    bytes_read: int
    bytes_total: int
    fraction: float
    rows_read: int
    bytes_per_second: float | None
    seconds_left: float | None


def progress_of(job: ImportJob) -> Progress:
    """Return how far an import is, by its checkpoint."""
    done, total = max(job.offset, 0), job.total_bytes
    rate = None
    if job.at is not None and job.went_on_at is not None and job.offset > job.went_on_from:
        seconds = (job.at - job.went_on_at).total_seconds()
        rate = (job.offset - job.went_on_from) / max(seconds, 0.001)
    left = (total - done) / rate if rate and job.state in AT_WORK else None
    return Progress(
        bytes_read=done,
        bytes_total=total,
        fraction=done / total if total else 0.0,
        rows_read=job.read,
        bytes_per_second=rate,
        seconds_left=left,
    )
