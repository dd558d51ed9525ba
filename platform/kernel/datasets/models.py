"""Batches of rows that were applied: the receipt for each."""

from django.db import models

from kernel import clock
from kernel.tenancy.models import TenantModel


class AppliedBatch(TenantModel):
    """A batch that was applied, what became of its rows, and how they read before and after.

    It is committed with the rows themselves, so that there is either both or neither.
    """

    dataset = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    mode = models.CharField(max_length=7)
    #: Of what was asked for; the same key for something else is refused.
    content_sha256 = models.BinaryField(max_length=32)
    #: JSON as text here and below: keys keep their order, and numbers their form.
    results = models.TextField(default="[]")
    #: Of each row that was changed: its key, how it read before and how after; null of one that was
    #: not there.
    images = models.TextField(default="[]")
    applied_at = models.DateTimeField(default=clock.now, db_index=True)
    undone_at = models.DateTimeField(null=True)
    #: What the undo did.
    undone = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "dataset", "key"), name="datasets_one_batch"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.key}"
