"""What a process tells Prometheus of documents; a label is never an id or a tenant."""

from prometheus_client import Counter, Histogram

DOCUMENTS = Counter("documents_rendered_total", "Documents that were tried.", ["format", "outcome"])
RENDER_SECONDS = Histogram(
    "documents_render_seconds",
    "How long making a document took, its data to be read included.",
    ["format"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
