"""Rollout plans: a variant for more and more, as long as it goes well."""

from django.db import models
from django.db.models import Q

from apps.config.access import CONFIG
from apps.config.models.environments import Environment
from apps.config.models.flags import FeatureFlag
from kernel import clock
from kernel.tenancy.models import TenantModel


class RolloutState(models.TextChoices):
    """Where a plan stands."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    #: Its guard has struck, or somebody has: the flag does again what it did before.
    ROLLED_BACK = "rolled_back"
    #: It was left where it stood.
    CANCELLED = "cancelled"


LIVE = (RolloutState.RUNNING, RolloutState.PAUSED)


class RolloutPlan(TenantModel):
    """Steps in which a variant is given to more of those who got the default of a flag."""

    access = CONFIG

    flag = models.ForeignKey(FeatureFlag, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    variant = models.CharField(max_length=200)
    #: Pairs of a percentage and of how many seconds it is held.
    steps = models.JSONField()
    #: Steps that were taken.
    taken = models.PositiveIntegerField(default=0, editable=False)
    #: The version before the first step, and that of the last one.
    base = models.PositiveIntegerField(editable=False)
    number = models.PositiveIntegerField(editable=False)
    #: More of the variant's outcomes that are errors than this rolls it back (0 to 1).
    most_errors = models.FloatField(null=True, blank=True)
    #: Outcomes before which a share of errors says nothing.
    least_outcomes = models.PositiveIntegerField(default=100)
    #: Where Prometheus answers queries (`https://…/api/v1/query`), and what is asked.
    query_url = models.CharField(max_length=2000, blank=True)
    query = models.CharField(max_length=2000, blank=True)
    #: More than this rolls it back.
    most_value = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=11, choices=RolloutState, default=RolloutState.RUNNING)
    step_at = models.DateTimeField(default=clock.now, editable=False)
    next_at = models.DateTimeField(editable=False)
    #: Why it was paused or rolled back.
    problem = models.CharField(max_length=1000, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "rollout"
        constraints = [
            models.UniqueConstraint(
                fields=("flag", "environment"),
                condition=Q(state__in=LIVE),
                name="config_one_live_rollout",
            )
        ]
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="config_rollouts_newest"),
            models.Index(
                fields=("created_at",), condition=Q(state="running"), name="config_rollouts_running"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} of {self.flag.key} in {self.environment.key}"


class OutcomeReport(TenantModel):
    """How those who got a variant did, as a program has counted it since it last told."""

    access = CONFIG

    flag = models.ForeignKey(FeatureFlag, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    variant = models.CharField(max_length=200)
    outcomes = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    reported_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "report of outcomes"
        verbose_name_plural = "reports of outcomes"
        indexes = [
            models.Index(
                fields=("flag", "environment", "variant", "reported_at"), name="config_outcomes"
            ),
            models.Index(fields=("reported_at",), name="config_outcomes_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.errors} of {self.outcomes}"
