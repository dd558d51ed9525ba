"""Tenants and credentials for tests."""

import secrets
from dataclasses import dataclass

from kernel.identity.models import ApiKey, Tenant
from kernel.identity.services import issue_key
from kernel.tenancy.context import ALL_SCOPES


@dataclass(frozen=True, slots=True)
class Credential:
    """A key as its owner holds it."""

    key: ApiKey
    secret: str


def make_tenant(slug: str = "") -> Tenant:
    """Make a tenant of its own for a test."""
    slug = slug or f"tenant-{secrets.token_hex(4)}"
    # As one that has been there for long: nothing is told of it.
    return Tenant.objects.create(slug=slug, name=slug.title())


def make_key(tenant: Tenant, *scopes: str) -> Credential:
    """Issue a key with these scopes, or with all of them when none is named."""
    key, secret = issue_key(tenant=tenant, name="test", scopes=list(scopes) or [ALL_SCOPES])
    return Credential(key, secret)
