"""Documents as rows."""

from django.db import models
from django.db.models import Q

from apps.documents.access import DOCUMENT
from apps.documents.models.making import Made
from kernel import clock
from kernel.secrets.fields import EncryptedTextField


class DocumentState(models.TextChoices):
    """Where a document stands."""

    QUEUED = "queued"
    #: Also of one whose process died: it is made anew.
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (DocumentState.QUEUED, DocumentState.RENDERING)


class Document(Made):
    """A document made, or to be made, from a template and data."""

    access = DOCUMENT

    title = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=DocumentState, default=DocumentState.QUEUED)
    #: What is done to PDFs that are there, of a document that no template makes: `{"name": "merge",
    #: "files": […]}`, or `split` with `first` and `last`, or `fill` with `flatten`.
    operation = models.JSONField(default=dict, blank=True, editable=False)
    #: JSON of what opens those of them that are encrypted, by the ids of the files; null for
    #: nothing, and once it is made.
    passwords = EncryptedTextField("passwords of the files", null=True)
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
            models.Index(
                fields=("tenant_id",), condition=Q(state__in=UNFINISHED), name="documents_open"
            ),
        ]

    def __str__(self) -> str:
        return self.title
