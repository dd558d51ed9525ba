"""What a tenant takes along, and what stays of it: exports, and the reports of deletions."""

from django.db import models

from kernel import clock
from kernel.ids import new_id


class ExportState(models.TextChoices):
    """How far an export has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class TenantExport(models.Model):
    """Everything that the services of this process have of a tenant, as a ZIP of JSON Lines."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("identity.Tenant", on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(max_length=7, choices=ExportState, default=ExportState.QUEUED)
    requested_at = models.DateTimeField(default=clock.now)
    requested_by = models.CharField(max_length=150, blank=True)
    rows_total = models.PositiveBigIntegerField(default=0)
    rows_done = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    storage_key = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "export"
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"{self.tenant.slug} {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def file_name(self) -> str:
        """Return what the file is called where it is downloaded."""
        return f"{self.tenant.slug}-{self.requested_at:%Y-%m-%d}.zip"


class DeletionState(models.TextChoices):
    """How far a deletion has come."""

    WAITING = "waiting"
    CALLED_OFF = "called off"
    ERASING = "erasing"
    FINISHED = "finished"


class TenantDeletion(models.Model):
    """The deletion of a tenant, and the report of it, which outlasts the tenant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    slug = models.CharField(max_length=63)
    requested_at = models.DateTimeField(default=clock.now)
    requested_by = models.CharField(max_length=150, blank=True)
    delete_after = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    #: From here on nothing brings the data back.
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: Services of other processes that no event reaches from here: theirs is to be erased there.
    unreached = models.JSONField(default=list)

    class Meta:
        verbose_name = "deletion"
        ordering = ("-requested_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id",),
                name="one_deletion_a_tenant",
                condition=models.Q(cancelled_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def state(self) -> DeletionState:
        """Return where it stands."""
        if self.cancelled_at:
            return DeletionState.CALLED_OFF
        if self.finished_at:
            return DeletionState.FINISHED
        return DeletionState.ERASING if self.started_at else DeletionState.WAITING


class ErasedPart(models.Model):
    """What one app has erased of a tenant: rows by table."""

    deletion = models.ForeignKey(TenantDeletion, on_delete=models.CASCADE, related_name="parts")
    app = models.CharField(max_length=50)
    tables = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("app",)
        constraints = [
            models.UniqueConstraint(fields=("deletion", "app"), name="one_report_an_app")
        ]

    def __str__(self) -> str:
        return f"{self.app} of {self.deletion.slug}"

    @property
    def rows(self) -> int:
        """Return how many rows were erased in all."""
        return sum(self.tables.values())
