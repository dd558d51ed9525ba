"""What the kernel's own tables tell of work."""

from kernel.activity.counting import counts, made_within
from kernel.events.models import OutboxEvent
from kernel.jobs.models import Job

counts(
    "kernel.jobs",
    title="Jobs that ended",
    permission="jobs.view_job",
    # As the condition of the index says it; each state for itself, as its first column is that.
    within=lambda since, until: Job.objects.filter(
        state__in=("done", "failed", "cancelled"),
        finished_at__isnull=False,
        finished_at__gte=since,
        finished_at__lt=until,
    ),
    took=("started_at", "finished_at"),
)
counts(
    "kernel.events",
    title="Events, by how far they had come",
    permission="events.view_outboxevent",
    within=made_within(OutboxEvent.objects.all, "event_id"),
    failed=(),
)
