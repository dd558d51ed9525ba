"""What a process tells Prometheus of schedules; a label is never an id or a tenant."""

from prometheus_client import Counter, Histogram

FIRED = Counter("scheduler_runs_made", "Runs made because their time had come.")
LEFT_OUT = Counter(
    "scheduler_times_left_out", "Times that nobody was there for, and that are not run any more."
)
ENDED = Counter("scheduler_runs_ended", "Runs that came to an end.", ("state",))
LATENESS = Histogram(
    "scheduler_lateness_seconds",
    "From the time of a run that was due to its beginning.",
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
