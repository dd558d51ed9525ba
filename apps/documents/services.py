"""What may be done to documents."""

from apps.documents.models import Document, DocumentFormat


def create_document(*, title: str, format: DocumentFormat) -> Document:
    """Make one in the current tenant."""
    return Document.objects.create(title=title, format=format)
