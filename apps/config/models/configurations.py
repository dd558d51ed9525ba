"""Configuration: what there is to be said, what is said of it in each place, and all that was.

A place is a tenant's environment, or one service in it. The installation has places too, under the
tenant PLATFORM: everywhere (no environment), and every tenant's environment of one key.
"""

from django.db import models

from apps.config.access import CONFIG
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class ConfigurationType(models.TextChoices):
    """What the values of a configuration are."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    OBJECT = "object"
    LIST = "list"


class Configuration(TenantModel):
    """Something that programs ask for by its key; its values are said in places."""

    access = CONFIG

    key = models.CharField(max_length=200)
    type = models.CharField(max_length=8, choices=ConfigurationType)
    #: JSON Schema 2020-12 as it was sent; empty for none.
    schema = models.TextField(blank=True)
    description = models.CharField(max_length=1000, blank=True)
    owner = models.CharField(max_length=200, blank=True)
    #: Its values are shown to nobody.
    secret = models.BooleanField(default=False)
    #: Whether objects of several layers are put together, member by member.
    merge = models.BooleanField(default=False)
    #: Of the installation's own: whether tenants see it, and say values of theirs.
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "configuration"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "key"), name="config_one_configuration")
        ]
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="config_configurations_newest"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class OfPlace(TenantModel):
    """A row of one key in one place."""

    access = CONFIG

    key = models.CharField(max_length=200, editable=False)
    #: Empty for the whole installation.
    environment = models.CharField(max_length=60, blank=True, editable=False)
    #: Empty for all services.
    service = models.CharField(max_length=60, blank=True, editable=False)
    #: Of this key in this place: goes up by one with each version, and never begins anew.
    number = models.PositiveIntegerField(editable=False)
    #: The JSON; empty where nothing is said, and of a secret that is kept encrypted.
    value = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.key} {self.number}"


class ConfigurationValue(OfPlace):
    """What is said of a key in a place now."""

    #: A secret that was given as itself and not by reference.
    sealed = EncryptedTextField("secret value", null=True)

    class Meta:
        verbose_name = "configuration value"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "environment", "service", "key"), name="config_one_value"
            )
        ]


class ValueOrigin(models.TextChoices):
    """How a version came to be."""

    EDIT = "edit"
    ROLLBACK = "rollback"
    IMPORT = "import"
    REMOVAL = "removal"
    REQUEST = "request"
    DEPLOY = "deploy"


class ConfigurationVersion(OfPlace):
    """What was said of a key in a place from then on; the database refuses to change it.

    Of a secret that is kept encrypted it says that there was one, and nothing else.
    """

    append_only = True

    sealed = models.BooleanField(default=False, editable=False)
    #: That of the place, with which it came.
    revision = models.PositiveBigIntegerField(editable=False)
    origin = models.CharField(max_length=8, choices=ValueOrigin, editable=False)
    of_version = models.PositiveIntegerField(null=True, editable=False)
    reason = models.CharField(max_length=1000, blank=True, editable=False)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "configuration version"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "key", "environment", "service", "number"),
                name="config_one_value_version",
            )
        ]
        indexes = [
            models.Index(fields=("tenant_id", "environment", "id"), name="config_values_published"),
        ]


class ConfigurationRevision(TenantModel):
    """How often the values of an environment were changed; who changes them locks it first."""

    access = CONFIG

    environment = models.CharField(max_length=60, blank=True, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    #: What all values there hold together.
    size_bytes = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "configuration revision"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "environment"), name="config_one_value_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment or 'everywhere'} {self.revision}"
