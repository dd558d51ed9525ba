"""Receipts of batches are kept as long as these can be undone."""

from datetime import timedelta

from django.conf import settings

from kernel import clock
from kernel.datasets.models import AppliedBatch
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all


@periodic("kernel.clear_batches", every=timedelta(hours=1))
def clear_batches(_target: str) -> None:
    """Delete the receipts of batches that were applied longer ago than they are kept."""
    kept_from = clock.now() - settings.DATASET_BATCHES_KEPT
    delete_all(AppliedBatch.across_tenants.filter(applied_at__lt=kept_from))
