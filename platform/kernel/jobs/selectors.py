"""What there is to know of the queues, by looks into indexes; nothing is counted without end."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Min, QuerySet

from kernel import clock
from kernel.jobs.models import READY, Job, JobState, Queue, WaitsFor
from kernel.jobs.registry import known, queue_of

#: Nothing is counted further: of jobs that wait for each queue, of others for all together.
MOST_COUNTED = 10_000
#: What a job may be beside queued.
BEGUN = (JobState.RUNNING, JobState.DONE, JobState.FAILED, JobState.CANCELLED)
#: How far back the ends of jobs are counted by the minute.
MINUTES = 60


@dataclass(slots=True)
class QueueCount:
    """How many jobs of a queue stand where, and how long the oldest due one has waited."""

    queue: str
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(JobState.values, 0))
    #: Of the queued ones, those that wait for something beside a worker.
    waits_for: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(filter(None, WaitsFor.values), 0)
    )
    waiting: float = 0.0
    paused: bool = False


def counts_by_queue(states: Iterable[JobState] = BEGUN) -> list[QueueCount]:
    """Return every queue that is known here, rests or has a job, by name; of states of these.

    Those that wait are always counted.
    """
    paused = set(Queue.objects.exclude(paused_at=None).values_list("name", flat=True))
    queues = {name: QueueCount(name) for name in paused | {queue_of(job.name) for job in known()}}

    def of(name: str) -> QueueCount:
        return queues.setdefault(name, QueueCount(name))

    for state in states:
        for name, number in _by_queue(_in_state(state)).items():
            of(name).states[state] = number
    for reason in (WaitsFor.TIME, WaitsFor.BATCH, WaitsFor.LIMIT):
        rows = Job.objects.filter(state=JobState.QUEUED, waits_for=reason)
        for name, number in _by_queue(rows).items():
            of(name).waits_for[reason] = number
            of(name).states[JobState.QUEUED] += number
    for name in _queues_with_ready_jobs():
        of(name)
    for count in queues.values():
        ready, count.waiting = ready_in(count.queue)
        count.states[JobState.QUEUED] += ready
        count.paused = count.queue in paused
    return [queues[name] for name in sorted(queues)]


def ready_in(queue: str) -> tuple[int, float]:
    """Return how many jobs of a queue could run now, and for how many seconds the oldest could."""
    ready = Job.objects.filter(READY, queue=queue)
    oldest = ready.aggregate(oldest=Min("run_at"))["oldest"]
    waiting = (clock.now() - oldest).total_seconds() if oldest else 0.0
    return ready.order_by()[:MOST_COUNTED].count() if oldest else 0, max(waiting, 0.0)


def _in_state(state: JobState) -> QuerySet[Job]:
    rows = Job.objects.filter(state=state)
    # As the condition of the index says it.
    return rows if state == JobState.RUNNING else rows.filter(finished_at__isnull=False)


def _by_queue(rows: QuerySet[Job]) -> Counter[str]:
    return Counter(rows.order_by().values_list("queue", flat=True)[:MOST_COUNTED])


def _queues_with_ready_jobs() -> list[str]:
    """Return them by as many looks into the index as there are queues."""
    found: list[str] = []
    ready = Job.objects.filter(READY).order_by("queue").values_list("queue", flat=True)
    while name := ready.filter(queue__gt=found[-1] if found else "").first():
        found.append(name)
    return found


def done_by_minute(queue: str) -> list[tuple[str, int]]:
    """Return how many jobs of a queue were done in each of the last minutes, the oldest first."""
    now = clock.now().replace(second=0, microsecond=0)
    minutes = [now - timedelta(minutes=back) for back in reversed(range(MINUTES))]
    ended = Job.objects.filter(
        state=JobState.DONE, finished_at__isnull=False, finished_at__gte=minutes[0]
    ).order_by("-finished_at")
    counted = Counter(
        finished.replace(second=0, microsecond=0)
        for of, finished in ended.values_list("queue", "finished_at")[:MOST_COUNTED]
        if of == queue and finished
    )
    return [(f"{minute:%H:%M}", counted[minute]) for minute in minutes]
