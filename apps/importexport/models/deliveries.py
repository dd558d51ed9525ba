"""Exports on their way to places outside."""

from django.db import models
from django.db.models import Q

from apps.importexport.access import EXPORT_JOB
from apps.importexport.models.endpoints import DataEndpoint
from apps.importexport.models.exports import ExportJob
from kernel import clock
from kernel.tenancy.models import TenantModel


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    #: For its export to be written.
    WAITING = "waiting"
    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


class ExportDelivery(TenantModel):
    """An export on its way to one place: there is one of both, and it arrives once."""

    access = EXPORT_JOB

    export = models.ForeignKey(
        ExportJob, on_delete=models.CASCADE, editable=False, related_name="deliveries"
    )
    endpoint = models.ForeignKey(
        DataEndpoint, on_delete=models.CASCADE, editable=False, related_name="deliveries"
    )
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    #: Since somebody asked for it last.
    attempts = models.PositiveIntegerField(default=0, editable=False)
    #: Where it is, once it is there.
    location = models.CharField(max_length=1000, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    job_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "export delivery"
        verbose_name_plural = "export deliveries"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="importexport_deliveries_newest"
            ),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"),
                name="importexport_deliveries_state",
            ),
            models.Index(
                fields=("state",), condition=Q(state="queued"), name="importexport_deliveries_due"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("export", "endpoint"), name="importexport_one_delivery")
        ]

    def __str__(self) -> str:
        return f"{self.export} to {self.endpoint}"
