"""What a process tells Prometheus of notifications; a label is never an id or a tenant."""

from functools import partial

from django.db import transaction
from prometheus_client import Counter

DELIVERIES = Counter(
    "notifications_deliveries_total",
    "What became of attempts to deliver a message.",
    ["channel", "outcome"],
)


def delivered(channel: str, outcome: str) -> None:
    """Count what became of an attempt, once that is committed."""
    transaction.on_commit(partial(_count, channel, outcome), robust=True)


def _count(channel: str, outcome: str) -> None:
    DELIVERIES.labels(channel, outcome).inc()
