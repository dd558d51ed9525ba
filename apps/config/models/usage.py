"""How flags are used: how often each answer was given, and who has got which variant."""

from django.db import models

from apps.config.access import CONFIG
from apps.config.domain.tallies import BULK, REPORTED, SINGLE
from apps.config.models.flags import FlagState
from kernel import clock
from kernel.tenancy.models import TenantModel


class Way(models.TextChoices):
    """How programs came to an answer."""

    #: They asked for this flag.
    SINGLE = SINGLE, "asked for alone"
    #: They asked for all flags, whether they use them or not.
    BULK = BULK, "asked for with all others"
    #: They decided themselves, and told how often.
    REPORTED = REPORTED, "reported by clients"


class FlagUsage(TenantModel):
    """How often a flag gave an answer in an environment, in an hour or, longer ago, in a day."""

    access = CONFIG

    state = models.ForeignKey(FlagState, on_delete=models.CASCADE, related_name="+")
    daily = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    way = models.CharField(max_length=8, choices=Way)
    #: Empty for the program's own default.
    variant = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=20)
    error_code = models.CharField(max_length=40, blank=True)
    evaluations = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = "usage of a flag"
        verbose_name_plural = "usage of flags"
        constraints = [
            models.UniqueConstraint(
                fields=(
                    "state",
                    "starts_at",
                    "daily",
                    "way",
                    "variant",
                    "reason",
                    "error_code",
                ),
                name="config_one_usage",
            )
        ]
        indexes = [models.Index(fields=("daily", "starts_at"), name="config_usage_to_fold")]

    def __str__(self) -> str:
        return f"{self.evaluations} of {self.state_id}"


class ExposureSample(TenantModel):
    """Those of who got a flag at a version that are known by a pseudonym.

    They are all whose pseudonym is below a bound, which halves with each level: so the sample
    stays small, and what is in it is as it is in the whole.
    """

    access = CONFIG

    state = models.ForeignKey(FlagState, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(editable=False)
    #: The share of all that is in it before the first level, 0 to 1.
    rate = models.FloatField(editable=False)
    level = models.PositiveSmallIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "sample of exposures"
        verbose_name_plural = "samples of exposures"
        constraints = [
            models.UniqueConstraint(fields=("state", "version"), name="config_one_sample")
        ]
        indexes = [models.Index(fields=("started_at",), name="config_samples_to_forget")]

    def __str__(self) -> str:
        return f"{self.state_id} at version {self.version}"


class FlagExposure(TenantModel):
    """Somebody, under a pseudonym, has got a variant."""

    access = CONFIG

    sample = models.ForeignKey(ExposureSample, on_delete=models.CASCADE, related_name="exposures")
    subject = models.BigIntegerField(editable=False)
    variant = models.CharField(max_length=200, editable=False)
    exposed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "exposure"
        constraints = [
            models.UniqueConstraint(
                fields=("sample", "subject", "variant"), name="config_one_exposure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject:016x}"


class UsageWriter(TenantModel):
    """A process that writes usage of a tenant down, and its last batch: none counts twice."""

    access = CONFIG

    writer = models.UUIDField(editable=False)
    sequence = models.PositiveBigIntegerField()
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "writer of usage"
        verbose_name_plural = "writers of usage"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "writer"), name="config_usage_writer"),
        ]

    def __str__(self) -> str:
        return str(self.writer)
