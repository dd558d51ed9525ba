"""Documents as rows."""

from django.db import models

from apps.documents.access import DOCUMENT
from kernel import clock
from kernel.tenancy.models import TenantModel


class DocumentFormat(models.TextChoices):
    """What a document can be made as."""

    PDF = "pdf"
    XLSX = "xlsx"
    DOCX = "docx"
    HTML = "html"
    CSV = "csv"


class DocumentState(models.TextChoices):
    """Where a document stands."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


class Document(TenantModel):
    """A document made, or to be made, from a template and data."""

    access = DOCUMENT

    title = models.CharField(max_length=255)
    format = models.CharField(max_length=5, choices=DocumentFormat)
    state = models.CharField(max_length=10, choices=DocumentState, default=DocumentState.QUEUED)
    output_id = models.UUIDField(null=True, blank=True, help_text="The file it was made as.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "document"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="documents_newest"),
            models.Index(fields=("tenant_id", "title", "id"), name="documents_by_title"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="documents_by_state"
            ),
            models.Index(
                fields=("tenant_id", "format", "created_at", "id"), name="documents_by_format"
            ),
        ]

    def __str__(self) -> str:
        return self.title
