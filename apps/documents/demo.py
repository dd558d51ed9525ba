"""Demo data: a document that was made, and one that waits."""

from django.db import transaction

from apps.documents.models import Document, DocumentFormat, DocumentState
from apps.documents.services import create_document
from contracts.documents import DocumentCreated
from kernel.demo import demo_id
from kernel.events.publishing import publish


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Document.objects.exists():
        _make()
    return f"{Document.objects.count():,} documents"


@transaction.atomic
def _make() -> None:
    made = Document.objects.create(
        id=demo_id("Document", "incident report"),
        title="Incident report, 10 July 2023",
        format=DocumentFormat.PDF,
        state=DocumentState.READY,
        output_id=demo_id("File", "incident-report.pdf"),
    )
    publish(DocumentCreated(document_id=str(made.pk), title=made.title, format=str(made.format)))
    create_document(title="Runways by country", format=DocumentFormat.XLSX)
