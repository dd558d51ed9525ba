"""Exports: rows of a dataset, or of a question to the graph, written to files."""

from django.db import models
from django.db.models import Q

from apps.importexport.access import EXPORT_JOB
from kernel import clock
from kernel.tenancy.models import TenantModel


class ExportFormat(models.TextChoices):
    """What rows are written as."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    ODS = "ods"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportCompression(models.TextChoices):
    """How the files of an export are packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class ExportState(models.TextChoices):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: Its files were kept as long as they are.
    EXPIRED = "expired"


UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)


class ExportJob(TenantModel):
    """Rows being taken out into files."""

    access = EXPORT_JOB

    name = models.CharField(max_length=255)
    state = models.CharField(max_length=9, choices=ExportState, default=ExportState.QUEUED)
    #: What of: a dataset by its name, or a question to the graph.
    dataset = models.CharField(max_length=120, blank=True)
    query = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=list, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    #: Names of fields, `-` before one that is to descend; empty: as they are stored.
    order = models.JSONField(default=list, blank=True)

    format = models.CharField(max_length=7, choices=ExportFormat)
    compression = models.CharField(
        max_length=4, choices=ExportCompression, default=ExportCompression.NONE
    )
    #: Whether texts that a spreadsheet would run as formulas are written so that it does not.
    guard = models.BooleanField(default=True)
    #: A file that has become so long is followed by another; 0: there is one.
    part_bytes = models.PositiveBigIntegerField(default=0)

    #: Exports of one series go on where the one before ended, by the dataset's cursor.
    series = models.CharField(max_length=120, blank=True)
    #: Changes at or after the first and before the second, ISO texts; empty is no bound.
    since = models.CharField(max_length=40, blank=True)
    until = models.CharField(max_length=40, blank=True)

    #: Who asked for it, with what this may do; a job has no right that has been lost since.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)
    row_count = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    #: Counts how often writing was begun: what an attempt before has left is none of this one.
    attempt = models.PositiveIntegerField(default=0, editable=False)
    #: All parts are written, and only have to be handed over.
    written = models.BooleanField(default=False, editable=False)
    result_id = models.UUIDField(
        null=True, blank=True, help_text="Its file; the first, if there are more."
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    job_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "export"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="importexport_exports_newest"
            ),
            models.Index(fields=("tenant_id", "name", "id"), name="importexport_exports_name"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"),
                name="importexport_exports_state",
            ),
            models.Index(
                fields=("tenant_id", "dataset", "created_at", "id"),
                name="importexport_exports_of",
            ),
            models.Index(
                fields=("tenant_id", "series", "finished_at"),
                condition=~Q(series=""),
                name="importexport_exports_series",
            ),
            models.Index(
                fields=("expires_at",),
                condition=Q(expires_at__isnull=False),
                name="importexport_exports_expiry",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExportPart(TenantModel):
    """One file of an export."""

    access = EXPORT_JOB

    export = models.ForeignKey(
        ExportJob, on_delete=models.CASCADE, editable=False, related_name="parts"
    )
    #: From 1.
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    row_count = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    #: Where the bytes are until the files service has them.
    file_key = models.CharField(max_length=100, blank=True, editable=False)
    upload_id = models.UUIDField(null=True, editable=False)
    file_id = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = "export part"
        constraints = [
            models.UniqueConstraint(fields=("export", "position"), name="importexport_one_part")
        ]

    def __str__(self) -> str:
        return self.name
