"""Deployments: a value for more and more programs, as long as it goes well."""

from django.db import models
from django.db.models import Q

from apps.config.access import CONFIG
from apps.config.models.rollouts import LIVE, RolloutState
from kernel import clock
from kernel.tenancy.models import TenantModel


class DeploymentUnit(models.TextChoices):
    """What a share is a share of."""

    INSTANCE = "instance"
    TENANT = "tenant"


class ConfigurationDeployment(TenantModel):
    """Steps in which a value is given to more of those who read a key in a place.

    The value of the place stays what it is until the last step has been held.
    """

    access = CONFIG

    key = models.CharField(max_length=200, editable=False)
    #: Empty for the whole installation.
    environment = models.CharField(max_length=60, blank=True, editable=False)
    #: Empty for all services.
    service = models.CharField(max_length=60, blank=True, editable=False)
    #: The JSON.
    value = models.TextField(editable=False)
    unit = models.CharField(max_length=8, choices=DeploymentUnit, default=DeploymentUnit.INSTANCE)
    #: Pairs of a percentage and of how many seconds it is held; the last is 100.
    steps = models.JSONField()
    #: Steps that were taken.
    taken = models.PositiveIntegerField(default=0, editable=False)
    #: The version of the place that it was made from.
    base = models.PositiveIntegerField(editable=False)
    #: More of the outcomes than this are errors (0 to 1), and it is rolled back.
    most_errors = models.FloatField(null=True, blank=True)
    #: Outcomes before which a share of errors says nothing.
    least_outcomes = models.PositiveIntegerField(default=100)
    #: Where Prometheus answers queries (`https://…/api/v1/query`), and what is asked.
    query_url = models.CharField(max_length=2000, blank=True)
    query = models.CharField(max_length=2000, blank=True)
    #: More than this rolls it back.
    most_value = models.FloatField(null=True, blank=True)
    #: Of those who had the value, since the last step.
    outcomes = models.PositiveBigIntegerField(default=0, editable=False)
    errors = models.PositiveBigIntegerField(default=0, editable=False)
    state = models.CharField(max_length=11, choices=RolloutState, default=RolloutState.RUNNING)
    step_at = models.DateTimeField(default=clock.now, editable=False)
    next_at = models.DateTimeField(editable=False)
    #: Why it was rolled back.
    problem = models.CharField(max_length=1000, blank=True, editable=False)
    reason = models.CharField(max_length=1000, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "configuration deployment"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "environment", "service", "key"),
                condition=Q(state__in=LIVE),
                name="config_one_live_deployment",
            )
        ]
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="config_deployments_newest"
            ),
            models.Index(
                fields=("created_at",),
                condition=Q(state="running"),
                name="config_deployments_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.environment or 'everywhere'}"

    @property
    def percent(self) -> float:
        """How many of the units have the value."""
        return float(self.steps[self.taken - 1][0]) if self.taken else 0.0
