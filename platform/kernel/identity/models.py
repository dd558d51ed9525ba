"""Tenants, memberships of staff, and API keys."""

import re
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from kernel import clock
from kernel.ids import new_id

_SCOPE = re.compile(r"\*|[a-z]+:[a-z]+")


def check_scopes(scopes: object) -> None:
    """Raise ValidationError unless this is a list of scopes."""
    if not isinstance(scopes, list):
        raise ValidationError('scopes are a list such as ["audit:read"]')
    for scope in scopes:
        if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
            raise ValidationError(f"a scope reads `app:verb` or `*`, found {scope!r}")


class Tenant(models.Model):
    """An organisation whose data nobody else ever sees."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a signed-in person may do in a tenant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    scopes = models.JSONField(default=list, validators=[check_scopes])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("user", "tenant"), name="one_membership_a_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant}"


class ApiKey(models.Model):
    """A credential of a program; only the SHA-256 of its secret is stored."""

    id = models.CharField(primary_key=True, max_length=16, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    secret_sha256 = models.BinaryField(max_length=32, editable=False)
    scopes = models.JSONField(default=list, validators=[check_scopes])
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    def usable_at(self, now: datetime) -> bool:
        """Say whether this key opens anything at that time."""
        return (
            self.revoked_at is None
            and (self.expires_at is None or now < self.expires_at)
            and self.tenant.suspended_at is None
        )
