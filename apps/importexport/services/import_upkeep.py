"""What imports leave behind, and those that nobody works on any more."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from apps.importexport.conf import UNDO_DAYS
from apps.importexport.domain.externals.connections import PREFIX
from apps.importexport.errors import AbandonedError
from apps.importexport.models import ImportJob, RowImage
from apps.importexport.models.imports import AT_WORK
from apps.importexport.services import externals
from apps.importexport.services.standing import fail
from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.services import enqueue
from kernel.jobs.upkeep import delete_all
from kernel.tenancy.context import in_tenant

_SWEPT_AT_ONCE = 200
_KEYS_AT_ONCE = 20_000


def end_abandoned() -> None:
    """End imports whose job has given up, or is gone; they can be resumed from where they were."""
    for job in _all(ImportJob.across_tenants.filter(state__in=AT_WORK)):
        done_by = Job.objects.filter(pk__in=[job.job_id]).first()
        if done_by is not None and done_by.state not in (JobState.FAILED, JobState.CANCELLED):
            continue
        with in_tenant(job.tenant_id):
            fail(job, AbandonedError(done_by.last_error if done_by else "its job is gone"))


def expire_undo() -> None:
    """Forget what rows were before imports that were finished long ago."""
    before = clock.now() - timedelta(days=UNDO_DAYS.value())
    for job in _all(ImportJob.across_tenants.filter(undoable=True, finished_at__lt=before)):
        with in_tenant(job.tenant_id), transaction.atomic():
            kept = ImportJob.objects.filter(pk=job.pk, undoable=True, state=job.state)
            if kept.update(undoable=False):
                enqueue("importexport.forget_images", str(job.pk))


def forget_images(import_id: UUID) -> None:
    """Forget what rows were before an import that can be undone no more."""
    if not ImportJob.objects.filter(pk=import_id, undoable=True).exists():
        delete_all(RowImage.objects.filter(import_id=import_id))
        forget_keys(import_id, 0)


def forget_keys(import_id: UUID, round_: int) -> None:
    """Forget what a dry run, or an import, has seen that is over."""
    from apps.importexport.services.staging import forget_some  # noqa: PLC0415  loads polars

    while forget_some(import_id, round_, most=_KEYS_AT_ONCE):
        pass


def clear_receipts() -> None:
    """Delete receipts, in databases outside, of what cannot be undone any more."""
    before = clock.now() - timedelta(days=UNDO_DAYS.value())
    # An import is undone by when it ended: its first batches may be older than that by days.
    undoable = ImportJob.across_tenants.filter(undoable=True, dataset__startswith=PREFIX)
    oldest = undoable.aggregate(oldest=Min("created_at"))["oldest"]
    externals.clear_receipts(min(before, oldest or before))


def _all(rows: QuerySet[ImportJob]) -> QuerySet[ImportJob]:
    return rows.order_by("pk")[:_SWEPT_AT_ONCE]
