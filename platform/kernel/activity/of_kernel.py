"""What the kernel's own tables tell of work, and what processes tell of the events they handle."""

from django.db import DatabaseError

from kernel.activity.counting import add, counts, made_within, told_by_processes
from kernel.events.models import OutboxEvent
from kernel.events.tallies import tallies
from kernel.jobs.models import Job
from kernel.keeping import keep

#: How long what was handled is in memory only: what a process that is killed forgets.
WRITTEN_AFTER_SECONDS = 30.0
HANDLED = "kernel.handled"

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
told_by_processes(
    HANDLED,
    title="Events handled by each group, from when they were published",
    permission="events.view_outboxevent",
    failed=("failed", "dead"),
)


def write() -> None:
    """Write down what this process has counted; raises DatabaseError, and then remembers it."""
    taken = tallies.take()
    while taken:
        (hour, outcome), tally = taken.popitem()
        try:
            add(
                HANDLED,
                hour,
                outcome,
                count=tally.count,
                seconds=tally.seconds,
                timed=tally.timed,
            )
        except DatabaseError:
            for (at, of), left in {(hour, outcome): tally, **taken}.items():
                tallies.add(at, of, left)
            raise


keep("handled events", write, every_seconds=WRITTEN_AFTER_SECONDS)
