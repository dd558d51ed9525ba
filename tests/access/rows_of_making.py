"""Rows of documents and batches that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.documents.models import BatchItem, Document, DocumentBatch
from apps.documents.services.batches import cancel_batch, create_batch
from apps.documents.services.documents import cancel_document
from tests.documents.making import asked_for


def document() -> Document:
    """Make one that waits, of a template that is published."""
    return asked_for("Report")


def batch() -> DocumentBatch:
    """Make one whose items are not read yet."""
    document()
    return create_batch(template="letter", format="csv", data=[{"number": 1}])


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "cancelled document": lambda: cancel_document(id=str(document().pk)),
    "batch": batch,
    "batch item": lambda: BatchItem.objects.create(batch=batch(), position=1, data="{}"),
    "cancelled batch": lambda: cancel_batch(id=str(batch().pk)),
}
