"""Jobs as rows, and the queues they stand in."""

from django.db import models

from kernel import clock
from kernel.ids import new_id


class JobState(models.TextChoices):
    """Where a job stands: queued, then running, then one of the last three."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WaitsFor(models.TextChoices):
    """What a queued job waits for beside a free worker."""

    NOTHING = "", "a worker"
    TIME = "time", "its time"
    BATCH = "batch", "the jobs before it"
    LIMIT = "limit", "others of its kind"


class After(models.TextChoices):
    """How the jobs of a batch have to end before the one that follows them runs."""

    NO_BATCH = "", "follows no batch"
    DONE = "done"
    ENDED = "ended"


QUEUED = models.Q(state="queued")
READY = models.Q(state="queued", waits_for="")
UNFINISHED = models.Q(finished_at__isnull=True)


class Job(models.Model):
    """One piece of work: which function, on which row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    queue = models.CharField(max_length=100)
    target = models.CharField(max_length=255, blank=True)
    tenant_id = models.UUIDField(null=True)
    #: Held by one job as long as its row is kept.
    key = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001  unique unless null
    #: Held by one job until it has ended.
    live_key = models.CharField(max_length=255, null=True)  # noqa: DJ001  as above
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    waits_for = models.CharField(
        max_length=5, choices=WaitsFor, default=WaitsFor.NOTHING, blank=True
    )
    #: Of two jobs of a queue the one with the greater goes first.
    priority = models.SmallIntegerField(default=0)
    #: Its place among those of its priority; given so that tenants take turns.
    turn = models.BigIntegerField(default=0)
    run_at = models.DateTimeField(default=clock.now)
    #: Who has it or had it last: host, process and a random part.
    worker = models.CharField(max_length=255, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_message = models.CharField(max_length=200, blank=True)
    cancel_asked_at = models.DateTimeField(null=True)
    #: The job that follows when all with the same have ended.
    batch_id = models.UUIDField(null=True)
    #: Of the job that follows.
    after = models.CharField(max_length=5, choices=After, default=After.NO_BATCH, blank=True)
    #: The trace that it goes on with, if somebody has asked for it.
    trace_id = models.UUIDField(null=True)
    #: The span that has asked for it (`traceparent`), if its trace is kept.
    caused_by = models.CharField(max_length=55, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("live_key",), name="jobs_live_key", condition=UNFINISHED
            )
        ]
        # All with a condition, or SQLite takes one for the claim and sorts the whole backlog.
        indexes = [
            models.Index(
                fields=("queue", "-priority", "turn", "id"), name="jobs_ready", condition=READY
            ),
            models.Index(
                fields=("queue", "priority", "tenant_id", "turn"),
                name="jobs_turns",
                condition=READY,
            ),
            models.Index(fields=("queue", "run_at"), name="jobs_oldest", condition=READY),
            models.Index(
                fields=("run_at", "id"),
                name="jobs_timed",
                condition=QUEUED & models.Q(waits_for="time"),
            ),
            models.Index(
                fields=("name", "-priority", "turn", "id"),
                name="jobs_limited",
                condition=QUEUED & models.Q(waits_for="limit"),
            ),
            models.Index(
                fields=("id",),
                name="jobs_following",
                condition=QUEUED & models.Q(waits_for="batch"),
            ),
            models.Index(
                fields=("batch_id", "state"),
                name="jobs_of_batch",
                condition=models.Q(batch_id__isnull=False),
            ),
            models.Index(
                fields=("lease_until",), name="jobs_leased", condition=models.Q(state="running")
            ),
            models.Index(
                fields=("state", "finished_at"),
                name="jobs_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=("trace_id",),
                name="jobs_of_trace",
                condition=models.Q(trace_id__isnull=False),
            ),
            models.Index(
                fields=("tenant_id", "queue", "id"),
                name="jobs_of_tenant",
                condition=models.Q(tenant_id__isnull=False),
            ),
            models.Index(
                fields=("tenant_id", "queue", "state", "id"),
                name="jobs_of_tenant_by_state",
                condition=models.Q(tenant_id__isnull=False),
            ),
            models.Index(
                fields=("tenant_id", "target", "id"),
                name="jobs_of_target",
                condition=models.Q(tenant_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.target}".strip()


class Queue(models.Model):
    """A queue that somebody has looked at or paused; of a paused one no worker takes anything."""

    name = models.CharField(primary_key=True, max_length=100)
    paused_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
