"""Where a flag stands in its life: in use, potentially stale, stale, or cleaned up."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.config.access import CONFIG
from apps.config.domain.staleness import Stage
from apps.config.models.flags import FeatureFlag
from kernel import clock
from kernel.tenancy.models import TenantModel

LONGEST_LIFE_DAYS = 3650


class LifeStage(models.TextChoices):
    """How a flag was judged last."""

    FRESH = Stage.FRESH
    POTENTIALLY_STALE = Stage.POTENTIALLY_STALE
    STALE = Stage.STALE
    #: It was archived after it was stale.
    CLEANED = Stage.CLEANED


class FlagLife(TenantModel):
    """What is expected of a flag's life, and how it was judged; a flag without one is fresh."""

    access = CONFIG

    flag = models.OneToOneField(FeatureFlag, on_delete=models.CASCADE, related_name="life")
    #: That of the flag, which never changes.
    key = models.CharField(max_length=200, editable=False)
    stage = models.CharField(max_length=17, choices=LifeStage, default=LifeStage.FRESH)
    since = models.DateTimeField(default=clock.now, editable=False)
    #: Codes of `domain.staleness.Reason`.
    reasons = models.JSONField(default=list, editable=False)
    #: Keys of what depends on it, and keeps it from being stale.
    needed_by = models.JSONField(default=list, editable=False)
    #: Such as a kill switch: one variant for everybody is as it should be.
    permanent = models.BooleanField(default=False)
    #: From its creation on; a temporary flag has one.
    expected_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIFE_DAYS)],
    )
    snoozed_until = models.DateTimeField(null=True, blank=True, editable=False)
    snooze_reason = models.CharField(max_length=1000, blank=True, editable=False)
    #: How often code uses it as of the last scan that was uploaded, and the first of the places.
    uses = models.PositiveIntegerField(null=True, editable=False)
    places = models.JSONField(default=list, editable=False)
    scanned_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "stale flag"
        verbose_name_plural = "stale flags"
        indexes = [
            models.Index(fields=("tenant_id", "since", "id"), name="config_lives_since"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.stage}"
