"""Files that templates are made of: of Word or Excel, and fonts, as they were when given."""

from django.db import models
from django.db.models import Q

from apps.documents.access import TEMPLATE
from kernel import clock
from kernel.tenancy.models import TenantModel


class UploadState(models.TextChoices):
    """Where an uploaded template stands."""

    #: Its file is fetched and looked through.
    CHECKING = "checking"
    READY = "ready"
    #: There is nothing that could be filled.
    REFUSED = "refused"


class TemplateUpload(TenantModel):
    """One version of a file, kept here: the file itself may change, and go.

    Of fonts, the file is that of the regular style.
    """

    access = TEMPLATE

    file_id = models.UUIDField(editable=False)
    file_version = models.PositiveIntegerField(editable=False)
    state = models.CharField(max_length=8, choices=UploadState, default=UploadState.CHECKING)
    #: Of fonts the file of each style: `{"bold": {"file": id, "version": 1}}`; empty of templates.
    faces = models.JSONField(default=dict, blank=True, editable=False)
    #: What the fonts are called, once that is known.
    family = models.CharField(max_length=60, blank=True)
    #: docx or xlsx, once that is known: nothing else is made of it. Empty of fonts.
    kind = models.CharField(max_length=4, blank=True)
    #: What is wrong with its placeholders, each with its place.
    findings = models.JSONField(default=list, blank=True)
    #: A draft of the JSON Schema of all that it reads.
    inferred = models.TextField(blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    file_key = models.CharField(max_length=100, blank=True, editable=False)
    #: Who gave it, with what this may do: the file is fetched as they may see it.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    job_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "uploaded template"
        indexes = [
            models.Index(
                fields=("tenant_id",),
                condition=Q(state="checking"),
                name="documents_uploads_open",
            ),
        ]

    def __str__(self) -> str:
        return self.family or f"file {self.file_id}, version {self.file_version}"
