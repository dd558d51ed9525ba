"""Keys that a tenant signs its documents with."""

from django.db import models

from apps.documents.access import SIGNING_KEY
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class SigningKey(TenantModel):
    """A private key, which nobody is shown again, and what its certificate says."""

    access = SIGNING_KEY

    name = models.CharField(max_length=60)
    #: Whose it is and who says so, as RFC 4514 writes names.
    subject = models.CharField(max_length=500)
    issuer = models.CharField(max_length=500)
    #: SHA-256 of the certificate.
    fingerprint = models.CharField(max_length=64)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    #: PEM of the key, its certificate and those up to its root.
    sealed = EncryptedTextField("private key")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "signing key"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="documents_keys_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="documents_one_key")
        ]

    def __str__(self) -> str:
        return self.name
