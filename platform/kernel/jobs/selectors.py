"""What there is to know of the queues."""

from dataclasses import dataclass, field

from django.db.models import Count, Min

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import queue_of


@dataclass(slots=True)
class QueueCount:
    """How many jobs of a queue are in each state, and how long the oldest due one has waited."""

    queue: str
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(JobState.values, 0))
    waiting: float = 0.0


def counts_by_queue() -> list[QueueCount]:
    """Return every queue that has a job, by name. It reads the whole table."""
    now = clock.now()
    queues: dict[str, QueueCount] = {}
    rows = Job.objects.values_list("name", "state").annotate(Count("pk"), Min("run_at"))
    for name, state, number, oldest in rows.order_by("name"):
        queue = queue_of(name)
        count = queues.setdefault(queue, QueueCount(queue))
        count.states[state] += number
        if state == JobState.QUEUED:
            count.waiting = max(count.waiting, (now - oldest).total_seconds())
    return list(queues.values())
