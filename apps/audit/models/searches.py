"""Searches that somebody keeps, and what of the log an alert on one has seen."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.audit.access import AUDIT_SEARCH
from apps.audit.domain.alerts import LEAST_SPAN, MOST_LOGS, MOST_SPAN, Rule
from kernel import clock
from kernel.tenancy.models import TenantModel

_SPAN = [MinValueValidator(LEAST_SPAN), MaxValueValidator(MOST_SPAN)]


class AuditSearch(TenantModel):
    """A search by name: its owner's, or everybody's to use. With a threshold it is an alert."""

    access = AUDIT_SEARCH

    name = models.CharField(max_length=200)
    #: As `LogQuery.told` gives it.
    query = models.JSONField(default=dict, blank=True)
    owner_id = models.CharField(max_length=500, editable=False, blank=True)
    owner_name = models.CharField(max_length=500, editable=False, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: An alert is raised when so many logs are recorded within the window.
    threshold = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_LOGS)]
    )
    window = models.DurationField(null=True, blank=True, validators=_SPAN)
    cool_down = models.DurationField(null=True, blank=True, validators=_SPAN)
    #: How many leaves of the log the alert has seen, and what of them it remembers.
    seen = models.PositiveBigIntegerField(default=0, editable=False)
    recent = models.JSONField(default=list, editable=False)
    raised_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "search"
        verbose_name_plural = "searches"
        indexes = [
            models.Index(fields=("tenant_id", "id"), name="audit_searches"),
            models.Index(
                fields=("tenant_id", "id"),
                condition=models.Q(threshold__isnull=False),
                name="audit_alerts",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Rule | None:
        """When it raises an alert, if it does."""
        if self.threshold is None or self.window is None or self.cool_down is None:
            return None
        return Rule(threshold=self.threshold, window=self.window, cool_down=self.cool_down)
