"""Metrics of jobs, by queue."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

ENDED = Counter("jobs_attempts", "Attempts at jobs by how they ended.", ["queue", "outcome"])
DURATION = Histogram(
    "jobs_duration_seconds",
    "How long attempts at jobs took.",
    ["queue"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, float("inf")),
)
DEPTH = Gauge(
    "jobs_queue_depth", "Jobs that could run now; counted no further than 10,000.", ["queue"]
)
OLDEST = Gauge("jobs_oldest_due_seconds", "How long the oldest of them has waited.", ["queue"])


def record(attempts: Iterable[tuple[str, str, float]]) -> None:
    """Count attempts: of each its queue, how it ended, and how many seconds it took."""
    for queue, outcome, seconds in attempts:
        ENDED.labels(queue, outcome).inc()
        DURATION.labels(queue).observe(seconds)
