"""What was done under which key."""

from django.db import models

from kernel import clock
from kernel.tenancy.models import TenantModel


class KeyedRequest(TenantModel):
    """A request with an idempotency key, and what became of it.

    It is committed with the effect of the request, so that there is either both or neither.
    """

    #: Who sent it: one caller's key means nothing to another.
    principal = models.CharField(max_length=300)
    operation = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    #: Of what was asked for; the same key for something else is refused.
    request_sha256 = models.BinaryField(max_length=32)
    outcome = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "principal", "operation", "key"),
                name="one_request_a_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
