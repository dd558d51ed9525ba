"""Reads of tenants and service accounts."""

from kernel.errors import NotFoundError
from kernel.identity.models import ServiceAccount, Tenant


def tenant_by_slug(slug: str) -> Tenant:
    """Return a tenant; raises NotFoundError with the slugs there are."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.values_list("slug", flat=True)[:10])
        raise NotFoundError(f"no tenant {slug}; there are {known or 'none yet'}")
    return tenant


def account_by_name(tenant: Tenant, name: str) -> ServiceAccount:
    """Return a service account; raises NotFoundError."""
    account = tenant.service_accounts.filter(name=name).first()
    if account is None:
        raise NotFoundError(f"{tenant} has no service account {name}")
    return account
