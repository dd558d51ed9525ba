"""Places outside of a tenant's own: exports are delivered there, imports come from there."""

from django.db import models

from apps.importexport.access import DATA_ENDPOINT
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class EndpointKind(models.TextChoices):
    """What a place is."""

    S3 = "s3"
    SFTP = "sftp"
    WEBHOOK = "webhook"
    EMAIL = "email"


class EndpointState(models.TextChoices):
    """Whether a place is used."""

    ACTIVE = "active"
    #: It failed for too long, or somebody said so; somebody has to look and enable it.
    DISABLED = "disabled"


class DataEndpoint(TenantModel):
    """A bucket, a server, a webhook or people with mail."""

    access = DATA_ENDPOINT

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=7, choices=EndpointKind)
    #: As `domain.endpoints.settings` has them.
    settings = models.JSONField(default=dict)
    secret = EncryptedTextField(null=True)
    state = models.CharField(max_length=8, choices=EndpointState, default=EndpointState.ACTIVE)
    delivered_at = models.DateTimeField(null=True, editable=False)
    #: Since something came there last.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "data endpoint"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="importexport_endpoints_newest"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="importexport_one_endpoint")
        ]

    def __str__(self) -> str:
        return self.name
