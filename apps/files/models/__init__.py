"""Files as rows."""

from django.db import models
from django.db.models import Q

from apps.files.access import FILE
from apps.files.models.blobs import SERVED, WAITING, Blob, FileState, FileVersion
from apps.files.models.derivatives import (
    BlobText,
    Derivative,
    DerivativeKind,
    DerivativeState,
)
from apps.files.models.folders import FileTag, Folder
from apps.files.models.links import ShareLink
from apps.files.models.rules import AllowedTypes
from apps.files.models.uploads import UNDER_WAY, StorageUsage, UploadSession, UploadState, UploadWay
from kernel import clock
from kernel.tenancy.models import TenantModel

__all__ = [
    "SERVED",
    "UNDER_WAY",
    "WAITING",
    "AllowedTypes",
    "Blob",
    "BlobText",
    "Derivative",
    "DerivativeKind",
    "DerivativeState",
    "File",
    "FileState",
    "FileTag",
    "FileVersion",
    "Folder",
    "ShareLink",
    "StorageUsage",
    "UploadSession",
    "UploadState",
    "UploadWay",
]


class File(TenantModel):
    """A file that somebody uploaded, whatever becomes of its bytes."""

    access = FILE
    #: By parts of names, whose index is used through a view: docs/adr/0013.
    searched = True

    name = models.CharField(max_length=255)
    #: What its sender says it holds.
    content_type = models.CharField(max_length=255)
    #: Its bytes and the number of their version; none of one that is known by name alone, or on its
    #: first way.
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, null=True, blank=True, related_name="files"
    )
    version = models.PositiveIntegerField(default=0)
    #: As its blob has them, so that lists are filtered and read without it.
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12, choices=FileState, default=FileState.QUARANTINED)
    sha256 = models.CharField(max_length=64, blank=True)
    detected_type = models.CharField(max_length=255, blank=True)
    scanner = models.CharField(max_length=40, blank=True)
    finding = models.CharField(max_length=500, blank=True)
    #: None at the root.
    folder = models.ForeignKey(
        Folder, on_delete=models.PROTECT, null=True, blank=True, related_name="files"
    )
    #: What its owner says of it, by keys; what it means is theirs.
    metadata = models.JSONField(default=dict, blank=True)
    #: The scope that it takes beside the usual ones to see it or do anything with it; empty if
    #: none. Said when it is made, and never again, so whatever belongs to it bears the same.
    reader_scope = models.CharField(max_length=64, blank=True, editable=False)
    #: As the moment says it: lists are narrowed by what can be equal to something.
    trashed = models.BooleanField(default=False)
    trashed_at = models.DateTimeField(null=True, blank=True)
    #: The folder with which it was put into the trash.
    trashed_with = models.UUIDField(null=True, blank=True)
    #: Until then, and as long as it is held, nobody removes it.
    retained_until = models.DateTimeField(null=True, blank=True)
    held = models.BooleanField(default=False)
    hold_reason = models.CharField(max_length=500, blank=True)
    scanned_at = models.DateTimeField(null=True, blank=True)
    rescan_since = models.DateTimeField(null=True, blank=True)
    release_reason = models.CharField(max_length=500, blank=True)
    encrypted = models.BooleanField(default=False)
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
            models.Index(
                fields=("trashed_at",), condition=Q(trashed_at__isnull=False), name="files_trashed"
            ),
        ]

    def __str__(self) -> str:
        return self.name
