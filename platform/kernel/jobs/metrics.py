"""Metrics of jobs, by queue."""

from collections.abc import Iterable

from prometheus_client import Counter, Histogram

ENDED = Counter("jobs_attempts", "Attempts at jobs by how they ended.", ["queue", "outcome"])
DURATION = Histogram(
    "jobs_duration_seconds",
    "How long attempts at jobs took.",
    ["queue"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, float("inf")),
)
WAIT = Histogram(
    "jobs_wait_seconds",
    "From when an attempt was due to its beginning.",
    ["queue"],
    buckets=(0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, float("inf")),
)


def record(attempts: Iterable[tuple[str, str, float, float]]) -> None:
    """Count attempts: of each its queue, how it ended, the seconds it took and had waited."""
    for queue, outcome, seconds, waited in attempts:
        ENDED.labels(queue, outcome).inc()
        DURATION.labels(queue).observe(seconds)
        WAIT.labels(queue).observe(max(waited, 0.0))
