"""Jobs as rows."""

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


class Job(models.Model):
    """One piece of work: which function, on which row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    target = models.CharField(max_length=255, blank=True)
    tenant_id = models.UUIDField(null=True)
    key = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001  unique unless null
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    run_at = models.DateTimeField(default=clock.now)
    #: Who has it or had it last: host, process and a random part.
    worker = models.CharField(max_length=255, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=("run_at", "id"), name="jobs_due", condition=models.Q(state="queued")
            ),
            models.Index(
                fields=("lease_until",), name="jobs_leased", condition=models.Q(state="running")
            ),
            # With a condition, too, or SQLite takes it for the claim and sorts the whole backlog.
            models.Index(
                fields=("state", "finished_at"),
                name="jobs_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.target}".strip()
