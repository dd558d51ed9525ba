"""Metrics of jobs, by queue."""

from collections.abc import Iterable
from typing import NamedTuple

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


class Attempt(NamedTuple):
    """One attempt at a job, and how it ended."""

    queue: str
    outcome: str
    seconds: float
    waited_seconds: float
    #: What leads to its trace, if that is kept.
    exemplar: dict[str, str] | None


def record(attempts: Iterable[Attempt]) -> None:
    """Count attempts."""
    for one in attempts:
        ENDED.labels(one.queue, one.outcome).inc()
        DURATION.labels(one.queue).observe(one.seconds, one.exemplar)
        WAIT.labels(one.queue).observe(max(one.waited_seconds, 0.0), one.exemplar)
