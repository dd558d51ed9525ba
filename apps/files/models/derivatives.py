"""What is made of bytes for people to look at, and for search: of each blob once."""

from django.db import models
from django.db.models import Q

from apps.files.access import FOLDER
from apps.files.models.blobs import Blob
from kernel import clock
from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import AcrossTenants, TenantManager, TenantModel


class DerivativeKind(models.TextChoices):
    """What is made."""

    #: WebP, 256 and 1024 pixels long at most.
    THUMBNAIL = "thumbnail"
    PREVIEW = "preview"
    TEXT = "text"


class DerivativeState(models.TextChoices):
    """How far it is."""

    PENDING = "pending"
    READY = "ready"
    #: However often it is tried.
    IMPOSSIBLE = "impossible"


class Derivative(TenantModel):
    """One thing that is made of a blob, or could not be. It goes with the blob."""

    access = FOLDER

    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="derivatives")
    kind = models.CharField(max_length=10, choices=DerivativeKind)
    state = models.CharField(
        max_length=10, choices=DerivativeState, default=DerivativeState.PENDING
    )
    #: Why it is impossible; stable, for programs.
    reason = models.CharField(max_length=40, blank=True)
    #: Where a limit is why: the limits then. Under others it is tried again.
    limits = models.CharField(max_length=100, blank=True, db_default="")
    #: Where its bytes are; a text has none there, but a row.
    storage_key = models.CharField(max_length=100, unique=True)
    size_bytes = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "derivative"
        constraints = [
            models.UniqueConstraint(fields=("blob", "kind"), name="files_one_derivative"),
        ]
        indexes = [
            models.Index(
                fields=("limits", "id"), condition=Q(state="impossible"), name="files_to_retry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.blob_id}"


class BlobText(models.Model):
    """What a blob says: how it begins, and its words. They are nowhere else in the database."""

    access = FOLDER
    #: The index of words is used through a view: docs/adr/0013.
    searched = True

    # A number: by it SQLite's index of words knows the row, whatever is moved in the file.
    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(editable=False, default=current_tenant_id)
    blob = models.OneToOneField(Blob, on_delete=models.CASCADE, related_name="text")
    excerpt = models.CharField(max_length=500, blank=True)
    #: Each once, with a space between them, after that of its tenant.
    words = models.TextField()

    objects = TenantManager()
    across_tenants = AcrossTenants()

    class Meta:
        verbose_name = "text"

    def __str__(self) -> str:
        return f"text of {self.blob_id}"
