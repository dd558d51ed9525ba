"""Streams: a tenant's sealed logs on their way to another system."""

from django.db import models
from django.db.models import Q

from apps.audit.access import AUDIT_STREAM
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class StreamState(models.TextChoices):
    """Whether a stream goes."""

    ACTIVE = "active"
    PAUSED = "paused"
    #: It failed for too long; somebody has to look and resume it.
    DISABLED = "disabled"


class StreamFormat(models.TextChoices):
    """How a record is told."""

    JSON = "json"
    CEF = "cef"
    OCSF = "ocsf"


class AuditStream(TenantModel):
    """Where logs go, and how far: each is sent in the order of its place, at least once."""

    access = AUDIT_STREAM

    name = models.CharField(max_length=100)
    #: `https://…`, `syslog+tls://host:port`, `syslog+tcp://host:port` or `kafka://name`.
    address = models.CharField(max_length=2000)
    format = models.CharField(max_length=4, choices=StreamFormat, default=StreamFormat.JSON)
    #: Only logs that this question finds (`LogQuery`).
    query = models.JSONField(default=dict, blank=True)
    #: Signs webhooks.
    secret = EncryptedTextField(null=True)
    state = models.CharField(max_length=8, choices=StreamState, default=StreamState.ACTIVE)
    #: The place of the next log.
    position = models.PositiveBigIntegerField(default=0)
    #: Logs that were no longer here when their turn came.
    missed = models.PositiveBigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    retry_at = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "stream"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="audit_one_stream_a_name")
        ]
        indexes = [
            models.Index(
                fields=("retry_at",), condition=Q(state="active"), name="audit_streams_to_look_at"
            )
        ]

    def __str__(self) -> str:
        return self.name
