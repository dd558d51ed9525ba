"""Files as rows."""

from django.db import models

from apps.files.access import FILE
from kernel import clock
from kernel.tenancy.models import TenantModel


class FileState(models.TextChoices):
    """Whether the bytes may be served."""

    QUARANTINED = "quarantined"
    CLEAN = "clean"
    INFECTED = "infected"


class File(TenantModel):
    """A file that somebody uploaded, whatever becomes of its bytes."""

    access = FILE

    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12, choices=FileState, default=FileState.QUARANTINED)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "file"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="files_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="files_by_name"),
            models.Index(fields=("tenant_id", "state", "created_at", "id"), name="files_by_state"),
            models.Index(
                fields=("tenant_id", "content_type", "created_at", "id"),
                name="files_by_content_type",
            ),
        ]

    def __str__(self) -> str:
        return self.name
