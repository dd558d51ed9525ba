"""Exports: files with logs that somebody asked for, and what became of them."""

from django.db import models
from django.db.models import Q

from apps.audit.access import AUDIT_EXPORT
from kernel import clock
from kernel.tenancy.models import TenantModel


class ExportFormat(models.TextChoices):
    """How an export holds logs."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportState(models.TextChoices):
    """How far an export has come."""

    WAITING = "waiting"
    #: Also of one whose process died: it begins again.
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: Its file is gone, or goes within the hour.
    EXPIRED = "expired"


UNFINISHED = (ExportState.WAITING, ExportState.RUNNING)
#: Of those that have a file here or in the files service.
KEPT_SOMEWHERE = ~Q(file_key="") | Q(upload_id__isnull=False)


class AuditExport(TenantModel):
    """A file with the logs that a question finds, for a while."""

    access = AUDIT_EXPORT

    format = models.CharField(max_length=7, choices=ExportFormat)
    #: As `LogQuery.told` gives it.
    query = models.JSONField(default=dict, blank=True)
    #: With personal fields in clear: who made it could see them, and so can who is given it.
    personal = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=ExportState, default=ExportState.WAITING)
    owner_id = models.CharField(max_length=500, blank=True)
    owner_type = models.CharField(max_length=100, blank=True)
    owner_name = models.CharField(max_length=500, blank=True)
    job_id = models.UUIDField(null=True)
    #: The leaves of the log when it began: a log with a place behind them is not in it.
    log_size = models.PositiveBigIntegerField(null=True)
    #: Where the file of this attempt is, or will be.
    file_key = models.CharField(max_length=100, blank=True)
    logs = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    #: The upload to the files service, and the file that it became there; `file_key` is then empty.
    upload_id = models.UUIDField(null=True)
    file_id = models.UUIDField(null=True)
    #: Why it is not there yet, or not gone from there.
    storing_problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "export"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="audit_exports"),
            models.Index(
                fields=("tenant_id",), condition=Q(state__in=UNFINISHED), name="audit_exports_open"
            ),
            models.Index(
                fields=("expires_at",), condition=KEPT_SOMEWHERE, name="audit_exports_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.format}"

    @property
    def file_name(self) -> str:
        """What the file is called where it is downloaded."""
        return f"audit-{self.created_at:%Y-%m-%dT%H%M%SZ}.{self.format}"
