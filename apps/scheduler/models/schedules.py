"""What is due, when, and what is done then."""

from django.db import models
from django.db.models import Q

from apps.scheduler.access import JOB_SCHEDULE
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class ScheduleKind(models.TextChoices):
    """What says when it is due."""

    CRON = "cron"
    ONCE = "once"
    INTERVAL = "interval"
    RULE = "rule"
    #: When another schedule's run has succeeded.
    AFTER = "after"


class ScheduleDstPolicy(models.TextChoices):
    """What becomes of a time that a change of clocks leaves out."""

    VIXIE = "vixie"
    SKIP = "skip"


class TargetKind(models.TextChoices):
    """What is done when it is due."""

    #: Work that a service of the platform offers.
    CHORE = "chore"
    #: A mutation of a service's graph.
    GRAPHQL = "graphql"
    WEBHOOK = "webhook"
    EVENT = "event"
    #: Nothing: a job of somebody else is to tell that it ran.
    PING = "ping"


class OverlapPolicy(models.TextChoices):
    """What becomes of a run that is due while another of its schedule has not ended."""

    SKIP = "skip"
    BUFFER_ONE = "buffer_one"
    BUFFER_ALL = "buffer_all"
    CANCEL_OTHER = "cancel_other"
    TERMINATE_OTHER = "terminate_other"
    ALLOW_ALL = "allow_all"


class MisfirePolicy(models.TextChoices):
    """What becomes of times that nobody was there for."""

    SKIP = "skip"
    FIRE_ONCE = "fire_once"
    FIRE_ALL = "fire_all"


class JobSchedule(TenantModel):
    """Something to be done again and again, at given times of a time zone."""

    access = JOB_SCHEDULE

    name = models.CharField(max_length=200)
    owner = models.CharField(max_length=200, blank=True)
    tags = models.JSONField(default=list, blank=True)

    kind = models.CharField(max_length=8, choices=ScheduleKind, default=ScheduleKind.CRON)
    cron = models.CharField(max_length=200, blank=True)
    #: A rule of RFC 5545.
    rule = models.CharField(max_length=300, blank=True)
    every_seconds = models.PositiveBigIntegerField(default=0)
    #: Of a single moment; or where intervals and rules are counted from.
    anchor_at = models.DateTimeField(null=True, blank=True)
    after_id = models.UUIDField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    dst_policy = models.CharField(
        max_length=5, choices=ScheduleDstPolicy, default=ScheduleDstPolicy.VIXIE
    )
    calendar = models.JSONField(default=dict, blank=True)
    jitter_seconds = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    #: 0: without end.
    maximum_runs = models.PositiveIntegerField(default=0)

    target_kind = models.CharField(max_length=7, choices=TargetKind, default=TargetKind.EVENT)
    #: The name of a chore, the service of a mutation, or the address of a webhook.
    target = models.CharField(max_length=2000, blank=True)
    #: Of a mutation, whose variables the parameters are.
    document = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    #: What a run may do at most; where none is said, of a chore all that who asked for it may, of a
    #: mutation what is of its service.
    scopes = models.JSONField(default=list, blank=True)
    webhook_secret = EncryptedTextField(null=True, blank=True)

    overlap = models.CharField(max_length=15, choices=OverlapPolicy, default=OverlapPolicy.SKIP)
    misfire = models.CharField(max_length=9, choices=MisfirePolicy, default=MisfirePolicy.FIRE_ONCE)
    misfire_cap = models.PositiveIntegerField(default=10)
    #: How late a run may still begin.
    catch_up_seconds = models.PositiveIntegerField(default=3_600)
    timeout_seconds = models.PositiveIntegerField(default=3_600)
    maximum_attempts = models.PositiveIntegerField(default=3)
    #: Before the second attempt; doubled each time.
    retry_seconds = models.PositiveIntegerField(default=30)
    #: Runs of one group, of whatever schedule, that are going on at a time.
    concurrency_group = models.CharField(max_length=100, blank=True)
    concurrency_limit = models.PositiveIntegerField(default=1)
    #: A run that has not succeeded so long after its time is told of; 0: never.
    grace_seconds = models.PositiveIntegerField(default=0)
    #: Runs in a row that fail before it is turned off; 0: never.
    disable_after = models.PositiveIntegerField(default=0)
    keep_runs_days = models.PositiveIntegerField(default=30)
    #: Runs are left out unless this feature flag is on; empty: always.
    flag = models.CharField(max_length=200, blank=True, default="", db_default="")

    enabled = models.BooleanField(default=True)
    #: Why it is off, where somebody or something turned it off.
    note = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    #: Who said what it does, with what this may do; a run has no right that has been lost since.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    runs_made = models.PositiveIntegerField(default=0, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    #: How its last runs ended, a letter each, the last on the right; see `OUTCOMES`.
    recent = models.CharField(max_length=20, blank=True, editable=False)
    last_ping_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Addresses for pings of earlier generations are good for nothing.
    ping_generation = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "job schedule"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="scheduler_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="scheduler_by_name"),
            models.Index(
                fields=("next_run_at",),
                condition=Q(enabled=True, next_run_at__isnull=False),
                name="scheduler_due",
            ),
            models.Index(
                fields=("tenant_id", "next_run_at", "id"),
                condition=Q(enabled=True, next_run_at__isnull=False),
                name="scheduler_due_of_tenant",
            ),
            models.Index(
                fields=("tenant_id", "after_id"),
                condition=Q(after_id__isnull=False),
                name="scheduler_following",
            ),
            models.Index(
                fields=("tenant_id", "concurrency_group", "id"),
                condition=~Q(concurrency_group=""),
                name="scheduler_groups",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobScheduleVersion(TenantModel):
    """What a schedule said, from some moment on."""

    access = JOB_SCHEDULE

    schedule = models.ForeignKey(
        JobSchedule, on_delete=models.CASCADE, editable=False, related_name="versions"
    )
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    changed_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "version of a job schedule"
        constraints = [
            models.UniqueConstraint(fields=("schedule", "number"), name="scheduler_one_version")
        ]

    def __str__(self) -> str:
        return str(self.number)
