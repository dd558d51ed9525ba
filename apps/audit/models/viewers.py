"""Viewer tokens: pages with some logs of a tenant, for people who have no account here."""

from datetime import datetime

from django.db import models

from apps.audit.access import AUDIT_EXPORT
from kernel import clock
from kernel.tenancy.models import TenantModel


class ViewerToken(TenantModel):
    """Who has it sees the logs that its question finds, until it expires or is revoked."""

    access = AUDIT_EXPORT

    #: What it is for, as the page is titled.
    name = models.CharField(max_length=200)
    #: As `LogQuery.told` gives it: whoever looks can narrow it, and never widen.
    query = models.JSONField(default=dict, blank=True)
    personal = models.BooleanField(default=False)
    owner_id = models.CharField(max_length=500)
    owner_name = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "viewer token"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="audit_viewers"),
            models.Index(fields=("expires_at",), name="audit_viewers_to_forget"),
        ]

    def __str__(self) -> str:
        return self.name

    def good_at(self, moment: datetime) -> bool:
        """Say whether it opens anything."""
        return self.revoked_at is None and moment < self.expires_at
