"""Workflows that were begun, and where they stand for each person."""

from django.db import models
from django.db.models import Q

from apps.notifications.access import TRIGGER
from apps.notifications.models.subscribers import Subscriber
from apps.notifications.models.workflows import Workflow, WorkflowVersion
from kernel import clock
from kernel.tenancy.models import TenantModel


class TriggerState(models.TextChoices):
    """Where a trigger stands."""

    ACCEPTED = "accepted"
    STARTED = "started"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Trigger(TenantModel):
    """That a workflow is to run for some people, with data."""

    access = TRIGGER

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    #: The same key is the same trigger; empty of none.
    key = models.CharField(max_length=255, blank=True, default="")
    subscribers = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    data = models.JSONField(default=dict, blank=True)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(
        max_length=10, choices=TriggerState, default=TriggerState.ACCEPTED, editable=False
    )
    not_before = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: Keys that nobody has.
    unknown = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "notification trigger"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_trg_newest"),
            models.Index(fields=("tenant_id", "workflow", "id"), name="notifications_trg_workflow"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "workflow", "key"),
                name="notifications_one_trigger",
                condition=~Q(key=""),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RunState(models.TextChoices):
    """Where a run stands."""

    ACTIVE = "active"
    DONE = "done"
    #: What it tells is part of another's digest.
    DIGESTED = "digested"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Digest(TenantModel):
    """What one person is told together."""

    access = TRIGGER

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    #: Of the step, `steps[2]`; and what its expression gave.
    place = models.CharField(max_length=200)
    key = models.CharField(max_length=200, blank=True)
    open = models.BooleanField(default=True)
    closes_at = models.DateTimeField()

    class Meta:
        constraints = [
            # One is open: of two that would open one, the second adds to that of the first.
            models.UniqueConstraint(
                fields=("workflow", "subscriber", "place", "key"),
                name="notifications_one_open_digest",
                condition=Q(open=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.key}".strip()


class Run(TenantModel):
    """A workflow for one person."""

    access = TRIGGER

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.ACTIVE)
    #: The number of the instruction that is next.
    position = models.SmallIntegerField(default=0)
    #: Until when it waits at that.
    waits_until = models.DateTimeField(null=True)
    round = models.IntegerField(default=0)
    #: The digest that it will bring, while that is open.
    digest = models.ForeignKey(Digest, on_delete=models.SET_NULL, null=True, related_name="+")
    #: Data of all that a digest has gathered.
    events = models.JSONField(default=list)
    count = models.IntegerField(default=1)
    reason_code = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    #: What was decided at each step.
    trace = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("trigger", "subscriber"), name="notifications_one_run")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DigestItem(TenantModel):
    """One of those that are told together."""

    access = TRIGGER

    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="items")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.run_id)


class FanOut(TenantModel):
    """What a step says to everybody in some topics, and how far that has come."""

    access = TRIGGER

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    #: Of the run's instructions that which says it.
    step = models.SmallIntegerField()
    topics = models.JSONField()
    template = models.CharField(max_length=100)
    #: What templates see.
    data = models.JSONField()
    #: Whoever comes before it has it, or is not to have it.
    after = models.UUIDField(null=True)
    told = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("run", "step"), name="notifications_one_fan_out")
        ]

    def __str__(self) -> str:
        return self.template


class Passage(TenantModel):
    """That somebody's run has passed a throttle."""

    access = TRIGGER

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(
                fields=("workflow", "subscriber", "place", "at"), name="notifications_passages"
            )
        ]

    def __str__(self) -> str:
        return self.place
