"""Uploads under way as rows, and how much room a tenant's files take."""

from django.db import models
from django.db.models import Q

from apps.files.access import FILE
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class UploadState(models.TextChoices):
    """How far an upload is."""

    RECEIVING = "receiving"
    #: All of it is said to be in the store, and nobody has looked yet.
    VERIFYING = "verifying"
    DONE = "done"
    #: What came is not what was told.
    REFUSED = "refused"
    #: Ended by its sender, or because nobody went on with it.
    ENDED = "ended"
    EXPIRED = "expired"


#: Of one that may still become a file.
UNDER_WAY = (UploadState.RECEIVING, UploadState.VERIFYING)


class UploadWay(models.TextChoices):
    """How the bytes of an upload come."""

    #: Through the platform.
    STREAM = "stream"
    #: Straight to the store, by one PUT or by a form.
    PUT = "put"
    FORM = "form"
    #: Straight to the store, in parts, each by a PUT.
    PARTS = "parts"


class UploadSession(TenantModel):
    """A file on its way, or a part of one; its offset is what was told to be kept."""

    access = FILE

    #: None of a part, which becomes a file together with others, and of one whose file was removed.
    file = models.ForeignKey("files.File", on_delete=models.SET_NULL, null=True)
    #: Of the next version of a file: the number of the one that it is meant to follow.
    follows = models.PositiveIntegerField(null=True)
    content_type = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=9, choices=UploadState, default=UploadState.RECEIVING)
    way = models.CharField(max_length=6, choices=UploadWay, default=UploadWay.STREAM)
    #: What its sender says of all its bytes, in hexadecimal.
    sha256 = models.CharField(max_length=64, blank=True)
    #: That of the file.
    reader_scope = models.CharField(max_length=64, blank=True, editable=False)
    #: Why it was not made a file when its sender said that it is all there.
    finding = models.CharField(max_length=500, blank=True)
    #: None as long as it was not told.
    length = models.PositiveBigIntegerField(null=True)
    offset = models.PositiveBigIntegerField(default=0)
    #: `Upload-Metadata` and `Upload-Concat` as they were sent.
    metadata = models.TextField(blank=True)
    concat = models.TextField(blank=True)
    storage_key = models.CharField(max_length=100)
    #: How the store finds what it has of it.
    mark = models.TextField(blank=True)
    #: Of one whose bytes are encrypted as they come.
    data_key = EncryptedTextField(null=True)
    #: What of the tenant's quota it holds.
    reserved_bytes = models.PositiveBigIntegerField(default=0)
    #: Whose bytes are taken in, and until when that one need not show again that it is alive.
    writer = models.UUIDField(null=True)
    writer_until = models.DateTimeField(null=True)
    #: Another writer waits for that one to stop.
    wanted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "upload"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="files_uploads"),
            models.Index(fields=("expires_at",), name="files_uploads_to_sweep"),
            models.Index(
                fields=("writer_until",),
                condition=Q(state="receiving", offset=models.F("length")),
                name="files_uploads_to_finish",
            ),
            models.Index(
                fields=("created_at",),
                condition=Q(state="verifying"),
                name="files_uploads_to_verify",
            ),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="files_uploads_by_state"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class StorageUsage(TenantModel):
    """How many bytes of a tenant are kept, or promised room."""

    used_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = "storage usage"
        constraints = [models.UniqueConstraint(fields=("tenant_id",), name="files_usage_of_tenant")]

    def __str__(self) -> str:
        return f"{self.used_bytes} bytes"
