"""What documents and batches of them have in common: of what they are made, and as what file."""

from django.db import models

from apps.documents.models.templates import TemplateVersion
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class DocumentFormat(models.TextChoices):
    """What a document can be made as."""

    PDF = "pdf"
    XLSX = "xlsx"
    DOCX = "docx"
    HTML = "html"
    CSV = "csv"


class Made(TenantModel):
    """Made of one version of a template, whatever becomes of the template, and of data."""

    #: Null of what was asked for before there were templates.
    version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    format = models.CharField(max_length=5, choices=DocumentFormat)
    #: Empty for the template's own.
    locale = models.CharField(max_length=35, blank=True)

    #: JSON, as text: numbers keep their digits. Empty where a file or a question gives it.
    data = models.TextField(blank=True)
    data_file_id = models.UUIDField(null=True, blank=True)
    #: Whose rows are the data, once it is done.
    import_job_id = models.UUIDField(null=True, blank=True)
    #: `{"service": …, "query": …, "variables": …}`, asked when the job runs.
    query = models.JSONField(default=dict, blank=True)
    #: Who asked for it, with what this may do; a job has no right that has been lost since.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)

    #: JSON of the passwords that a PDF takes, and of what it allows; null without.
    protection = EncryptedTextField("password", null=True)
    #: With which it is signed; one that is gone by then leaves it unmade.
    signing_key_id = models.UUIDField(null=True, blank=True, editable=False)
    #: Where the bytes are until the files service has them.
    file_key = models.CharField(max_length=100, blank=True, editable=False)
    pages = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    upload_id = models.UUIDField(null=True, editable=False)
    output_id = models.UUIDField(null=True, blank=True, help_text="The file it was made as.")
    #: Why there is none: a code, the reason, and the place in the template or the data.
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    error_place = models.CharField(max_length=300, blank=True)
    job_id = models.UUIDField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
