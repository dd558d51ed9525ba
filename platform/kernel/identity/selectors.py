"""Reads of tenants and service accounts."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q

from kernel.errors import NotFoundError
from kernel.identity.models import Membership, ServiceAccount, Tenant
from kernel.tenancy.context import PLATFORM


def tenant_by_slug(slug: str) -> Tenant:
    """Return a tenant; raises NotFoundError with the slugs there are."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.values_list("slug", flat=True)[:10])
        raise NotFoundError(f"no tenant {slug}; there are {known or 'none yet'}")
    return tenant


def slugs_of(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the slugs of these tenants; one that is gone has none."""
    found = dict(Tenant.objects.filter(pk__in=ids).values_list("pk", "slug"))
    return {**found, PLATFORM: "(platform)"} if PLATFORM in ids else found


def account_by_name(tenant: Tenant, name: str) -> ServiceAccount:
    """Return a service account; raises NotFoundError."""
    account = tenant.service_accounts.filter(name=name).first()
    if account is None:
        raise NotFoundError(f"{tenant} has no service account {name}")
    return account


def addresses_of_members(tenant_id: UUID, wanted: Collection[str]) -> frozenset[str]:
    """Return which of these addresses of mail members of a tenant have, in lower case."""
    members = Membership.objects.filter(tenant_id=tenant_id, user__is_active=True)
    same = Q()
    for one in wanted:
        same |= Q(user__email__iexact=one)
    found = members.filter(same).values_list("user__email", flat=True) if wanted else ()
    return frozenset(one.lower() for one in found)
