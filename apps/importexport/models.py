"""ImportJobs as rows."""

from django.db import models

from apps.importexport.access import IMPORT_JOB
from kernel import clock
from kernel.tenancy.models import TenantModel


class ImportFormat(models.TextChoices):
    """What a table can come as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


class ImportState(models.TextChoices):
    """Where an import stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ImportJob(TenantModel):
    """A table being brought in, row by row."""

    access = IMPORT_JOB

    name = models.CharField(max_length=255)
    format = models.CharField(max_length=5, choices=ImportFormat)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    source_id = models.UUIDField(null=True, blank=True, help_text="The file that holds the table.")
    row_count = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "import job"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="importexport_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="importexport_by_name"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="importexport_by_state"
            ),
            models.Index(
                fields=("tenant_id", "format", "created_at", "id"), name="importexport_by_format"
            ),
        ]

    def __str__(self) -> str:
        return self.name
