"""Batches: one template, and a document for each of many sets of data."""

from django.db import models
from django.db.models import Q

from apps.documents.access import DOCUMENT
from apps.documents.models.making import Made
from kernel import clock
from kernel.tenancy.models import TenantModel


class BatchState(models.TextChoices):
    """Where a batch stands."""

    #: Its items are being read.
    READING = "reading"
    RENDERING = "rendering"
    #: The documents become one file.
    JOINING = "joining"
    READY = "ready"
    #: There is no document in it.
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchPacking(models.TextChoices):
    """As what the documents of a batch are had."""

    ZIP = "zip"
    #: One PDF with all of them, a bookmark each.
    MERGED = "merged"


OPEN = (BatchState.READING, BatchState.RENDERING, BatchState.JOINING)


class DocumentBatch(Made):
    """Many documents of one template, had as one file."""

    access = DOCUMENT

    title = models.CharField(max_length=255)
    state = models.CharField(max_length=9, choices=BatchState, default=BatchState.READING)
    packing = models.CharField(max_length=6, choices=BatchPacking, default=BatchPacking.ZIP)
    total = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    #: Counts how often it was begun or gone on with: a lane of an earlier time ends.
    round = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "batch"
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="documents_batches_newest"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="documents_batches_state"
            ),
            models.Index(
                fields=("tenant_id",), condition=Q(state__in=OPEN), name="documents_batches_open"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ItemState(models.TextChoices):
    """Where an item of a batch stands."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchItem(TenantModel):
    """One document of a batch."""

    access = DOCUMENT

    batch = models.ForeignKey(
        DocumentBatch, on_delete=models.CASCADE, editable=False, related_name="items"
    )
    #: From 1, in the order of the data.
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=9, choices=ItemState, default=ItemState.QUEUED)
    data = models.TextField()
    file_key = models.CharField(max_length=100, blank=True, editable=False)
    pages = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    error_place = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "batch item"
        indexes = [
            models.Index(fields=("batch", "state", "position"), name="documents_items_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("batch", "position"), name="documents_one_item")
        ]

    def __str__(self) -> str:
        return f"{self.position}"
