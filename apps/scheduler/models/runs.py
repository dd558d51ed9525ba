"""What became of each time."""

from django.db import models
from django.db.models import Q

from apps.scheduler.access import JOB_SCHEDULE
from apps.scheduler.models.schedules import JobSchedule
from kernel import clock
from kernel.tenancy.models import TenantModel


class RunKind(models.TextChoices):
    """Why there is a run."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    #: Another schedule's run succeeded.
    FOLLOWING = "following"


class RunState(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued"
    #: For others to end: of its schedule, or of its group.
    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    #: It was due while another was going on.
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    #: It was given up without waiting for its end.
    TERMINATED = "terminated"


FINISHED = (
    RunState.SUCCEEDED,
    RunState.FAILED,
    RunState.SKIPPED,
    RunState.CANCELLED,
    RunState.TERMINATED,
)


#: The letters by which a schedule remembers how its last runs ended.
OUTCOMES = {
    "s": RunState.SUCCEEDED,
    "f": RunState.FAILED,
    "k": RunState.SKIPPED,
    "c": RunState.CANCELLED,
    "t": RunState.TERMINATED,
}
#: Of them, so many are remembered.
REMEMBERED = 20


class JobRun(TenantModel):
    """One time at which a schedule was due, and what came of it."""

    access = JOB_SCHEDULE

    schedule = models.ForeignKey(
        JobSchedule, on_delete=models.CASCADE, editable=False, related_name="runs"
    )
    #: Of the schedule, as it was made.
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=9, choices=RunKind, default=RunKind.SCHEDULED)
    fire_time = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    parameters = models.JSONField(default=dict, blank=True)
    #: Who asked for it; of one that was due, who said what the schedule does.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)
    #: Counts how often it was begun: what an attempt before reports late is ignored.
    attempt = models.PositiveIntegerField(default=0)
    job_id = models.UUIDField(null=True, editable=False)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    result = models.JSONField(default=dict, blank=True)
    #: The chore that began work for it, what that told, and how often had been asked before.
    work = models.JSONField(default=dict, blank=True, editable=False)
    #: How often such work was begun anew, because it came to nothing: a part of the key.
    begun_anew = models.PositiveIntegerField(default=0, editable=False)
    #: How far that work is, in its own words, and in a number of whatever it counts.
    progress = models.CharField(max_length=200, blank=True, editable=False)
    progress_done = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    progress_total = models.PositiveBigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    #: An attempt that goes on then has taken too long.
    deadline_at = models.DateTimeField(null=True, editable=False)
    #: If it has not succeeded then, somebody is told.
    late_at = models.DateTimeField(null=True, editable=False)
    cancel_asked = models.BooleanField(default=False, editable=False)
    forget_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "job run"
        constraints = [
            models.UniqueConstraint(
                fields=("schedule", "kind", "fire_time"), name="scheduler_one_run"
            )
        ]
        indexes = [
            models.Index(fields=("tenant_id", "fire_time", "id"), name="scheduler_runs_newest"),
            models.Index(
                fields=("tenant_id", "state", "fire_time", "id"), name="scheduler_runs_state"
            ),
            # What most runs are is in neither of these, so that firing does not pay for them.
            models.Index(
                fields=("state", "id"),
                condition=Q(state__in=("failed", "skipped", "cancelled", "terminated")),
                name="scheduler_runs_not_well",
            ),
            models.Index(
                fields=("tenant_id", "kind", "fire_time", "id"),
                condition=Q(kind__in=("manual", "backfill", "following")),
                name="scheduler_runs_asked_for",
            ),
            models.Index(fields=("schedule", "fire_time", "id"), name="scheduler_runs_of"),
            models.Index(
                fields=("schedule", "state"),
                condition=Q(finished_at__isnull=True),
                name="scheduler_runs_going_on",
            ),
            models.Index(
                fields=("deadline_at",),
                condition=Q(state="running", deadline_at__isnull=False),
                name="scheduler_runs_overdue",
            ),
            models.Index(
                fields=("late_at",),
                condition=Q(late_at__isnull=False),
                name="scheduler_runs_late",
            ),
            models.Index(
                fields=("forget_at",),
                condition=Q(forget_at__isnull=False),
                name="scheduler_runs_old",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fire_time:%Y-%m-%d %H:%M:%S}"


class JobRunLine(TenantModel):
    """A line of what a run told."""

    access = JOB_SCHEDULE

    run = models.ForeignKey(JobRun, on_delete=models.CASCADE, editable=False, related_name="lines")
    attempt = models.PositiveIntegerField(default=0)
    text = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "line of a job run"
        indexes = [models.Index(fields=("run", "id"), name="scheduler_lines_of")]

    def __str__(self) -> str:
        return self.text
