"""What is counted of jobs in the database for Prometheus, also while no worker is there."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from kernel.jobs.models import JobState
from kernel.jobs.selectors import counts_by_queue
from kernel.observability.figures import Figure, Figures, tell

DEPTH = Figure(
    "jobs_queue_depth", "Jobs that could run now; counted no further than 10,000.", ("queue",)
)
OLDEST = Figure("jobs_oldest_due_seconds", "How long the oldest of them has waited.", ("queue",))
#: Those that are done, as most are, are counted when they end.
STATES = (JobState.RUNNING, JobState.FAILED)
IN_STATE = Figure(
    "jobs_in_state",
    "Jobs that are queued, run now, or have failed and are kept; counted as far.",
    ("queue", "state"),
)
PAUSED = Figure("jobs_queue_paused", "1 while a queue is paused.", ("queue",))


class JobFigures(Figures):
    """How queues stand."""

    of = "jobs"
    figures = (DEPTH, OLDEST, IN_STATE, PAUSED)

    def counted(self) -> Iterator[GaugeMetricFamily]:
        depth, oldest, in_state, paused = (one.family() for one in self.figures)
        for count in counts_by_queue(STATES):
            queued = count.states[JobState.QUEUED]
            depth.add_metric([count.queue], queued - sum(count.waits_for.values()))
            oldest.add_metric([count.queue], count.waiting)
            paused.add_metric([count.queue], float(count.paused))
            for state in (JobState.QUEUED, *STATES):
                in_state.add_metric([count.queue, state], count.states[state])
        return iter((depth, oldest, in_state, paused))


FIGURES = JobFigures()
tell(FIGURES)
