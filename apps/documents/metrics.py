"""What a process tells Prometheus of documents; a label is never an id or a tenant."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from kernel.errors import DomainError
from kernel.observability.context import exemplar

DOCUMENTS = Counter("documents_rendered_total", "Documents that were tried.", ["format", "outcome"])
RENDER_SECONDS = Histogram(
    "documents_render_seconds",
    "How long making a document took, its data to be read included.",
    ["format"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300),
)


@contextmanager
def counted(format: str) -> Iterator[None]:
    """Count a document that is made within, or why it is not, and how long that takes."""
    begun = time.monotonic()
    try:
        yield
    except DomainError as error:
        DOCUMENTS.labels(format, error.code).inc()
        raise
    DOCUMENTS.labels(format, "ready").inc()
    RENDER_SECONDS.labels(format).observe(time.monotonic() - begun, exemplar())
