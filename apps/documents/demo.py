"""Demo data: a document that was made, and one that waits."""

from apps.documents.models import Document, DocumentFormat, DocumentState
from kernel.demo import demo_id


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Document.objects.exists():
        _make()
    return f"{Document.objects.count():,} documents"


def _make() -> None:
    Document.objects.create(
        id=demo_id("Document", "incident report"),
        title="Incident report, 10 July 2023",
        format=DocumentFormat.PDF,
        state=DocumentState.READY,
        output_id=demo_id("File", "incident-report.pdf"),
    )
    Document.objects.create(title="Runways by country", format=DocumentFormat.XLSX)
