"""What a process counts of events for Prometheus; a label is a group, never an id or a tenant."""

from prometheus_client import Counter, Gauge, Histogram

RELAYED = Counter("events_relayed_total", "Events handed over to the transport.")
RELAY_ACTIVE = Gauge(
    "events_relay_active",
    "1 while the one active relay is in this process.",
    multiprocess_mode="livesum",
)
HANDLED = Counter("events_handled_total", "Events handled, or known to be.", ["group"])
FAILED = Counter("events_failed_total", "Attempts that failed.", ["group"])
DEAD = Counter("events_dead_total", "Events that became dead letters.", ["group"])
SECONDS = Histogram(
    "events_handler_seconds",
    "How long a handler took.",
    ["group"],
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30),
)
