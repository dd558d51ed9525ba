"""Folders as rows, and the words that files bear."""

from django.db import models
from django.db.models import Q

from apps.files.access import FOLDER
from kernel import clock
from kernel.tenancy.models import TenantModel


class Folder(TenantModel):
    """A place for files and other folders. Those in one place have different names."""

    access = FOLDER

    name = models.CharField(max_length=255)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="folders"
    )
    #: The ids of all folders it is in, from the root on, each with a slash behind it: what is below
    #: a folder is found by one prefix, and where it is by one list of ids.
    lineage = models.TextField(blank=True)
    #: What comes into it is encrypted at rest.
    encrypted = models.BooleanField(default=False)
    #: As the moment says it: lists are narrowed by what can be equal to something.
    trashed = models.BooleanField(default=False)
    trashed_at = models.DateTimeField(null=True, blank=True)
    #: What was put into the trash with it, at one time, comes back with it.
    trashed_with = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "folder"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="files_folders_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="files_folders_by_name"),
            models.Index(
                fields=("trashed_at",),
                condition=Q(trashed_at__isnull=False),
                name="files_folders_trashed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "parent", "name"),
                condition=Q(parent__isnull=False, trashed_at__isnull=True),
                name="files_one_folder",
            ),
            models.UniqueConstraint(
                fields=("tenant_id", "name"),
                condition=Q(parent__isnull=True, trashed_at__isnull=True),
                name="files_one_top_folder",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def below(self) -> str:
        """Return how the lineage of all that is in it begins."""
        return f"{self.lineage}{self.pk}/"

    @property
    def above(self) -> list[str]:
        """Return the ids of the folders it is in, from the root on."""
        return self.lineage.split("/")[:-1]


class FileTag(TenantModel):
    """A word by which files are found."""

    access = FOLDER

    file = models.ForeignKey("files.File", on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=60)

    class Meta:
        verbose_name = "tag"
        indexes = [models.Index(fields=("tenant_id", "name", "file"), name="files_by_tag")]
        constraints = [models.UniqueConstraint(fields=("file", "name"), name="files_one_tag")]

    def __str__(self) -> str:
        return self.name
