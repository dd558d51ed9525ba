"""What the entries of an action have to look like."""

from django.db import models

from apps.audit.access import AUDIT_LOG
from kernel import clock
from kernel.tenancy.models import TenantModel


class SchemaMode(models.TextChoices):
    """What becomes of an entry that does not fit."""

    OFF = "off"
    #: Recorded, and told by an event and a metric.
    WARN = "warn"
    ENFORCE = "enforce"


class ActionSchema(TenantModel):
    """A version of the JSON Schema of an action. It never changes, but for its mode."""

    access = AUDIT_LOG

    action = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    schema = models.JSONField()
    mode = models.CharField(max_length=10, choices=SchemaMode)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "schema"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "action", "version"), name="audit_one_schema_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.version}"
