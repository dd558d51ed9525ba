"""Feature flags, and what each of them does in each environment."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.config.access import CONFIG
from apps.config.models.versions import State, Version
from kernel import clock
from kernel.tenancy.models import TenantModel

MOST_TAGS = 20
_TAG_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.:/")


def check_tags(tags: object) -> None:
    """Raise ValidationError unless these are tags."""
    if not isinstance(tags, list) or len(tags) > MOST_TAGS:
        raise ValidationError(f"a list of at most {MOST_TAGS} tags")
    for tag in tags:
        if (
            not isinstance(tag, str)
            or not 0 < len(tag) <= 60
            or not _TAG_CHARACTERS.issuperset(tag)
        ):
            raise ValidationError("a tag is 1 to 60 of a-z, 0-9 and -_.:/")


class FlagType(models.TextChoices):
    """What the values of a flag are, in every environment."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    OBJECT = "object"


class FeatureFlag(TenantModel):
    """A switch that programs ask for by its key."""

    access = CONFIG

    key = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    #: That of its first definition; nothing before there is one.
    type = models.CharField(max_length=7, choices=FlagType, null=True, editable=False)  # noqa: DJ001  no text is no type
    owner = models.CharField(max_length=200, blank=True)
    tags = models.JSONField(default=list, blank=True, validators=[check_tags])
    #: Whether keys that anybody can read see its values.
    client_visible = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, editable=False)
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


class FlagVersion(Version):
    """What a flag did in an environment from then on."""

    flag_id = models.UUIDField(editable=False)

    class Meta:
        verbose_name = "flag version"
        constraints = [
            models.UniqueConstraint(
                fields=("flag_id", "environment_id", "number"), name="config_one_flag_version"
            )
        ]
        indexes = [
            models.Index(
                fields=("tenant_id", "flag_id", "created_at", "id"), name="config_flag_history"
            ),
            models.Index(
                fields=("tenant_id", "environment_id", "id"), name="config_flag_published"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class FlagState(State):
    """What a flag does in an environment now, and how it is asked for."""

    flag = models.ForeignKey(FeatureFlag, on_delete=models.CASCADE, related_name="states")
    version = models.ForeignKey(
        FlagVersion, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    #: Since when the kill switch is on: programs get their own default.
    killed_at = models.DateTimeField(null=True, editable=False)
    killed_by = models.CharField(max_length=500, blank=True, editable=False)
    #: Written once a minute at most.
    evaluated_at = models.DateTimeField(null=True, editable=False)
    #: The variant that everybody has got, and since when; null since another was given too.
    only_variant = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001  "" is a variant too
    only_variant_since = models.DateTimeField(null=True, editable=False)
    #: The share of those who get it of whom it is told that they do, 0 to 1.
    exposure_rate = models.FloatField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(1)], editable=False
    )

    class Meta:
        verbose_name = "flag in an environment"
        verbose_name_plural = "flags in environments"
        constraints = [
            models.UniqueConstraint(fields=("flag", "environment"), name="config_one_flag_state")
        ]
        indexes = [
            models.Index(fields=("environment", "flag"), name="config_flags_there"),
        ]

    def __str__(self) -> str:
        return f"{self.flag} in {self.environment}"
