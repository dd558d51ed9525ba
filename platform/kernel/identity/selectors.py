"""Reads of tenants."""

from kernel.errors import NotFoundError
from kernel.identity.models import Tenant


def tenant_by_slug(slug: str) -> Tenant:
    """Return a tenant; raises NotFoundError with the slugs there are."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.values_list("slug", flat=True)[:10])
        raise NotFoundError(f"no tenant {slug}; there are {known or 'none yet'}")
    return tenant
