"""What a process tells Prometheus of notifications; a label is never an id or a tenant."""

from functools import partial

from django.db import transaction
from prometheus_client import Counter

DELIVERIES = Counter(
    "notifications_deliveries_total",
    "What became of attempts to deliver a message.",
    ["channel", "outcome"],
)
POSTS = Counter(
    "notifications_webhook_posts_total",
    "What became of attempts to post an event to a webhook endpoint.",
    ["outcome"],
)


def posted(outcome: str) -> None:
    """Count what became of an attempt to post an event, once that is committed."""
    transaction.on_commit(POSTS.labels(outcome).inc, robust=True)


PROVIDERS = Counter(
    "notifications_provider_calls_total",
    "How calls to those who carry messages ended.",
    ["kind", "outcome"],
)


def provider_answered(kind: str, outcome: str) -> None:
    """Count a call to a provider: `answered`, or `failed`."""
    PROVIDERS.labels(kind, outcome).inc()


def delivered(channel: str, outcome: str) -> None:
    """Count what became of an attempt, once that is committed."""
    transaction.on_commit(partial(_count, channel, outcome), robust=True)


def _count(channel: str, outcome: str) -> None:
    DELIVERIES.labels(channel, outcome).inc()
