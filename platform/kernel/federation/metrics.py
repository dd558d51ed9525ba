"""What is counted of GraphQL operations; a label is never a name that a client chose."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from prometheus_client import Counter, Histogram

SECONDS = Histogram(
    "graphql_operation_seconds",
    "How long operations took, from reading the document to the answer; `way` is `compiled`,"
    " `executed`, or `refused` for one that was not run.",
    ["kind", "way"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
COST = Histogram(
    "graphql_operation_cost",
    "Estimated cost of operations whose cost was worked out.",
    buckets=(1, 10, 50, 100, 500, 1_000, 5_000, 20_000),
)
ERRORS = Counter(
    "graphql_errors_total", "Errors in answers, by their code in the table of errors.", ["code"]
)
DOCUMENTS = Counter(
    "graphql_documents_total",
    "Documents that were remembered, or had to be parsed and validated.",
    ["outcome"],
)
ENTITIES = Histogram(
    "graphql_entity_batch_size",
    "How many representations of one type and key were fetched together.",
    ["type"],
    buckets=(1, 2, 5, 10, 50, 100, 500, 1_000),
)

remembered = DOCUMENTS.labels("remembered")
prepared = DOCUMENTS.labels("prepared")


@cache
def took(kind: str, way: str) -> Histogram:
    """Return what measures operations of this kind; there are nine at most."""
    return SECONDS.labels(kind, way)


def count_errors(errors: Iterable[dict[str, Any]]) -> None:
    """Count the errors of an answer."""
    for error in errors:
        ERRORS.labels(error["extensions"]["code"]).inc()
