"""Reads of imports, always within the current tenant."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from apps.importexport.models import ImportJob, ImportState, RowError
from apps.importexport.models.imports import AT_WORK
from kernel.errors import NotFoundError
from kernel.ids import parse_id

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "format": "format",
    "state": "state",
    "retry_of": "retry_of",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
ERROR_LOOKUPS = {"import_id": "import_id", "code": "code", "column": "column"}
TEMPLATE_LOOKUPS = {"name": "name", "dataset": "dataset"}


def import_of(id: str) -> ImportJob:
    """Return an import; raises NotFoundError, InvalidInputError."""
    found = ImportJob.objects.filter(pk=parse_id(id)).first()
    if found is None:
        raise NotFoundError(f"no import job {id}")
    return found


def failed_rows_of(job: ImportJob, *, code: str, column: str | None) -> QuerySet[RowError]:
    """Return the first problem of each row that failed, of those with such a problem."""
    wanted = {
        name: value
        for name, value in (("code", code or None), ("column", column))
        if value is not None
    }
    rows = RowError.objects.filter(import_id=job.pk, cells__isnull=False)
    if wanted:
        such = RowError.objects.filter(import_id=job.pk, position=OuterRef("position"), **wanted)
        rows = rows.filter(Exists(such))
    return rows


def errors_of(job: ImportJob, positions: Sequence[int]) -> QuerySet[RowError]:
    """Return what is wrong with these rows."""
    rows = RowError.objects.filter(import_id=job.pk, position__in=positions)
    return rows.order_by("position", "id")


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
    """Return how far an import is, by its checkpoint; while it is taken back, how far that is."""
    done, total = max(job.offset, 0), job.total_bytes
    fraction = done / total if total else 0.0
    if job.state == ImportState.UNDOING:
        fraction = job.undone / max(job.inserted + job.updated + job.removed, 1)
    rate = None
    if job.at is not None and job.went_on_at is not None and job.offset > job.went_on_from:
        seconds = (job.at - job.went_on_at).total_seconds()
        rate = (job.offset - job.went_on_from) / max(seconds, 0.001)
    left = (total - done) / rate if rate and job.state in AT_WORK else None
    return Progress(
        bytes_read=done,
        bytes_total=total,
        fraction=fraction,
        rows_read=job.read,
        bytes_per_second=rate,
        seconds_left=left,
    )
