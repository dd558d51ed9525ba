"""Bytes as rows, apart from the files that have them: several may have the same."""

from django.db import models
from django.db.models import Q

from apps.files.access import FILE, FOLDER
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class FileState(models.TextChoices):
    """Whether the bytes may be served: only those of a clean file are."""

    RECEIVING = "receiving"
    #: All bytes are there, and nobody has looked at them yet.
    QUARANTINED = "quarantined"
    SCANNING = "scanning"
    CLEAN = "clean"
    INFECTED = "infected"
    #: Whoever looked could not tell.
    UNSCANNABLE = "unscannable"
    #: It holds what no file may hold here, by its own bytes.
    REFUSED = "refused"
    #: Given out all the same, because somebody with the right to say so did.
    RELEASED = "released"


#: The states in which nobody has judged the bytes yet.
WAITING = (FileState.QUARANTINED, FileState.SCANNING)
#: The states in which bytes are given out, and copied.
SERVED = (FileState.CLEAN, FileState.RELEASED)


class Blob(TenantModel):
    """Bytes that are all there: what is scanned, and what takes room.

    Of clean ones with the same content a tenant keeps one. It goes with the last version that has
    it.
    """

    access = FOLDER

    storage_key = models.CharField(max_length=100, unique=True)
    #: In hexadecimal; empty until somebody has read all of it.
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12, choices=FileState, default=FileState.QUARANTINED)
    #: What its first bytes say it holds.
    detected_type = models.CharField(max_length=255, blank=True)
    #: Who gave the verdict, and why it is not clean.
    scanner = models.CharField(max_length=40, blank=True)
    finding = models.CharField(max_length=500, blank=True)
    #: When, and by what it knew bad files; with others it may judge otherwise.
    scanned_at = models.DateTimeField(null=True, blank=True)
    signatures = models.CharField(max_length=300, blank=True)
    #: Since when it waits to be scanned once more; until then the verdict before holds.
    rescan_since = models.DateTimeField(null=True, blank=True)
    #: Why it is given out all the same.
    release_reason = models.CharField(max_length=500, blank=True)
    #: The store to which it was moved, and read back from; empty of one that stayed.
    moved_to = models.CharField(max_length=255, blank=True)
    #: Whether what is stored is encrypted with its data key.
    encrypted = models.BooleanField(default=False)
    data_key = EncryptedTextField(null=True)
    #: Since when it waits to be encrypted, and where that is being stored.
    encrypt_since = models.DateTimeField(null=True, blank=True)
    encrypting_key = models.CharField(max_length=100, blank=True)
    #: Why that cannot be done; it is not tried again before somebody says so.
    encrypting_problem = models.CharField(max_length=500, blank=True, db_default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "blob"
        indexes = [
            models.Index(
                fields=("created_at",),
                condition=Q(state__in=("quarantined", "scanning")),
                name="files_to_scan",
            ),
            models.Index(
                fields=("rescan_since",),
                condition=Q(rescan_since__isnull=False),
                name="files_to_rescan",
            ),
            # Which of the others other signatures have judged, the newest first.
            models.Index(
                fields=("signatures", "created_at"),
                condition=Q(rescan_since__isnull=True),
                name="files_by_signatures",
            ),
            models.Index(
                fields=("encrypt_since",),
                condition=Q(encrypt_since__isnull=False),
                name="files_to_encrypt",
            ),
            models.Index(
                fields=("tenant_id", "sha256", "size_bytes"),
                condition=Q(state="clean"),
                name="files_twins",
            ),
        ]

    def __str__(self) -> str:
        return self.storage_key


class FileVersion(TenantModel):
    """What a file had for bytes from some moment on; the highest number is current."""

    access = FILE

    file = models.ForeignKey(
        "files.File", on_delete=models.CASCADE, related_name="versions", editable=False
    )
    number = models.PositiveIntegerField(editable=False)
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="versions", editable=False
    )
    content_type = models.CharField(max_length=255, editable=False)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    note = models.CharField(max_length=500, blank=True)
    #: That of the file.
    reader_scope = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "version"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="files_versions_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("file", "number"), name="files_one_version"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
