"""Who may tell entries on the topic that services of others write."""

from django.db import models

from apps.audit.access import AUDIT_SOURCE
from kernel import clock
from kernel.tenancy.models import TenantModel


class IntakeSource(TenantModel):
    """A producer, by the `source` of its CloudEvents; of one tenant, into whose log it tells."""

    access = AUDIT_SOURCE

    source = models.CharField(max_length=500, unique=True)
    #: Ed25519, 32 bytes. With one, what it has not signed is refused.
    public_key = models.BinaryField(max_length=32, null=True)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "source"

    @property
    def signs(self) -> bool:
        """Say whether what it has not signed is refused."""
        return self.public_key is not None

    def __str__(self) -> str:
        return self.source
