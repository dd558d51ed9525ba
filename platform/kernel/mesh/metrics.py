"""What calls between services count, in process and over HTTP alike."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = Histogram(
    "mesh_call_seconds",
    "How long calls to services took, all tries of a call together, by the class of the answer's"
    " status; `none` for no answer.",
    ["service", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TRIES = Counter(
    "mesh_tries_total",
    "Questions sent to processes: the `first` of a call, the same `again`, and to two at once.",
    ["service", "kind"],
)
REFUSED = Counter(
    "mesh_refused_total",
    "Calls that were not made: `breaker`, the service failed too often; `deadline`, nobody waits"
    " any more; `nobody`, no process is known.",
    ["service", "reason"],
)
EJECTIONS = Counter(
    "mesh_ejections_total",
    "Times that a process was left out as it had failed too often in a row.",
    ["service"],
)
OPEN = Gauge(
    "mesh_breaker_open",
    "Whether a service is left alone because it fails.",
    ["service"],
    multiprocess_mode="livemax",
)
