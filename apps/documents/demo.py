"""Demo data: a few documents to look at."""

from apps.documents.models import Document, DocumentFormat
from apps.documents.services import create_document


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Document.objects.exists():
        _make()
    return f"{Document.objects.count():,} documents"


def _make() -> None:
    create_document(title="Incident report, 10 July 2023", format=DocumentFormat.PDF)
    create_document(title="Runways by country", format=DocumentFormat.XLSX)
