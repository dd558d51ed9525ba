"""Share links as rows: a file for whoever has its address, and for a while."""

from django.db import models

from apps.files.access import LINK
from kernel import clock
from kernel.tenancy.models import TenantModel


class ShareLink(TenantModel):
    """Who has it downloads the current version of a file, until it expires, is revoked or used up.

    Its token is known to nobody but those who were given it.
    """

    access = LINK

    file = models.ForeignKey(
        "files.File", on_delete=models.CASCADE, related_name="links", editable=False
    )
    token_sha256 = models.BinaryField(max_length=32, unique=True, editable=False)
    #: As Django's hashers write it; empty when none is asked.
    password_hash = models.CharField(max_length=255, blank=True, editable=False)
    #: What whoever made it says of it to the tenant's others.
    note = models.CharField(max_length=500, blank=True)
    #: That of the file.
    reader_scope = models.CharField(max_length=64, blank=True, editable=False)
    expires_at = models.DateTimeField()
    #: None for any number.
    most_downloads = models.PositiveIntegerField(null=True, blank=True)
    downloads = models.PositiveIntegerField(default=0, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "share link"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="files_links_newest"),
            models.Index(fields=("expires_at",), name="files_links_to_forget"),
        ]

    def __str__(self) -> str:
        return f"share link {self.pk}"

    @property
    def protected(self) -> bool:
        """Return whether a password is asked."""
        return bool(self.password_hash)
