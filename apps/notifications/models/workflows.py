"""What happens for each person when something is to be told."""

from django.db import models

from apps.notifications.access import WORKFLOW
from kernel import clock
from kernel.tenancy.models import TenantModel


class Workflow(TenantModel):
    """Steps by a name, and the events that begin them."""

    access = WORKFLOW

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=100, blank=True, default="")
    critical = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    number = models.IntegerField(default=1, editable=False)
    steps = models.JSONField(default=list)
    rules = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "notification workflow"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_wf_newest")
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="notifications_one_workflow")
        ]

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(TenantModel):
    """The steps of a workflow at a number; whoever has begun them goes on by them."""

    access = WORKFLOW

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    steps = models.JSONField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("workflow", "number"), name="notifications_one_wf_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.number}"


class EventRule(TenantModel):
    """That a workflow has a rule for a type of events: found by that."""

    access = WORKFLOW

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="event_rules")
    event_type = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "event_type", "workflow"), name="notifications_one_rule"
            )
        ]

    def __str__(self) -> str:
        return self.event_type
