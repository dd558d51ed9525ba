"""What a flag or a segment is in an environment: versions that never change, and the current one.

The definition of a version is the JSON that was sent, to the character: `1.0` stays `1.0`.
"""

from django.db import models

from apps.config.access import CONFIG
from apps.config.models.environments import Environment
from kernel import clock
from kernel.tenancy.models import TenantModel


class Origin(models.TextChoices):
    """How a version came to be."""

    EDIT = "edit"
    ROLLBACK = "rollback"
    COPY = "copy"
    IMPORT = "import"
    REQUEST = "request"
    ROLLOUT = "rollout"
    ARCHIVE = "archive"


class Version(TenantModel):
    """One state of something in an environment, for ever; the database refuses to change it.

    It names what it is of without a reference: it is removed only after that is gone.
    """

    access = CONFIG
    append_only = True

    environment_id = models.UUIDField(editable=False)
    number = models.PositiveIntegerField(editable=False)
    #: Empty where it was taken out of the environment.
    definition = models.TextField(blank=True, editable=False)
    #: That of the environment with which it came.
    revision = models.PositiveBigIntegerField(editable=False)
    origin = models.CharField(max_length=8, choices=Origin, editable=False)
    #: The number of the version that a rollback went back to.
    of_version = models.PositiveIntegerField(null=True, editable=False)
    reason = models.CharField(max_length=1000, blank=True, editable=False)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True


class State(TenantModel):
    """Which version of something is current in an environment."""

    access = CONFIG

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
