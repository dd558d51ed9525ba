"""FeatureFlags as rows."""

from django.db import models

from apps.config.access import FEATURE_FLAG
from kernel import clock
from kernel.tenancy.models import TenantModel


class FeatureFlag(TenantModel):
    """A switch that programs ask for by its key."""

    access = FEATURE_FLAG

    key = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    enabled = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "feature flag"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "key"), name="config_one_flag_a_key")
        ]
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="config_newest"),
        ]

    def __str__(self) -> str:
        return self.key
