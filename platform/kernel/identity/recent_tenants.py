"""Tenants read a moment ago, so that a token costs no query each time."""

import uuid

from kernel.cache.namespaces import TTL, Namespace
from kernel.identity.models import Tenant

TENANTS: Namespace[Tenant | None] = Namespace(
    "identity:tenants",
    holds="tenants, by id and by slug",
    ttl=TTL.MOMENT,
    forgotten="a tenant is suspended, resumed, deleted or had back",
    of_tenant=False,
    absent=False,
)


class RecentTenants:
    """The tenants of the last second; one suspended elsewhere ends with it at the latest."""

    def by_id(self, tenant_id: uuid.UUID | str) -> Tenant | None:
        """Return the tenant of this id, which may be no id at all."""
        try:
            key = tenant_id if isinstance(tenant_id, uuid.UUID) else uuid.UUID(tenant_id)
        except ValueError:
            return None
        return TENANTS.get_or_load(key.hex, lambda: Tenant.objects.filter(pk=key).first())

    def by_slug(self, slug: str) -> Tenant | None:
        """Return the tenant of this slug."""
        if "\0" in slug:
            return None
        return TENANTS.get_or_load(f"/{slug}", lambda: Tenant.objects.filter(slug=slug).first())

    def forget_all(self) -> None:
        """Ask for every tenant anew, once the transaction has committed."""
        TENANTS.forget_all()


recent_tenants = RecentTenants()
