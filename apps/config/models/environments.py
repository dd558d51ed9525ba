"""Environments: where programs run that ask for flags, and the keys by which they ask."""

from datetime import datetime

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from apps.config.access import CONFIG
from kernel import clock
from kernel.tenancy.models import TenantModel

_SLUG = RegexValidator(r"\A[a-z0-9][a-z0-9_.-]*\Z", "lower case letters, digits, `-`, `_` and `.`")


class Environment(TenantModel):
    """One place with flags and configuration of its own, such as production."""

    access = CONFIG

    key = models.CharField(max_length=60, validators=[_SLUG])
    name = models.CharField(max_length=200)
    #: Goes up by one in the transaction of every change of what is served here.
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    #: 0 publishes at once.
    approvals_required = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(10)]
    )
    #: Where it stands among the others; the first is the one that is meant if none is named.
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "environment"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "key"), name="config_one_environment")
        ]
        indexes = [
            models.Index(fields=("tenant_id", "position", "id"), name="config_environments"),
        ]

    def __str__(self) -> str:
        return self.key


class KeyKind(models.TextChoices):
    """Where a key is held, and so what it may see."""

    #: Kept secret: sees every flag.
    SERVER = "server"
    #: In a browser or an app, where anybody reads it: sees values of client-visible flags only.
    CLIENT = "client"


class EnvironmentKey(TenantModel):
    """A credential that evaluates flags of one environment, and opens nothing else."""

    access = CONFIG

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=6, choices=KeyKind)
    name = models.CharField(max_length=200)
    #: The part of the key that may be shown and by which it is found.
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_sha256 = models.BinaryField(max_length=32, editable=False)
    #: The secret before the last rotation, which opens the same until `previous_until`.
    previous_sha256 = models.BinaryField(max_length=32, null=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "environment key"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="config_keys_newest"),
        ]

    def __str__(self) -> str:
        return self.name

    def opens(self, now: datetime) -> bool:
        """Say whether it is good at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
