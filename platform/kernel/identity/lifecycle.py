"""The life of a tenant after it was made: suspended, resumed."""

from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.errors import NotFoundError
from kernel.identity.models import Tenant
from kernel.identity.recent import recent_keys


@transaction.atomic
def suspend_tenant(*, tenant_id: UUID) -> Tenant:
    """Shut a tenant's members and keys out at once; its data stays. Twice changes nothing."""
    tenant = _locked(tenant_id)
    if tenant.suspended_at is None:
        tenant.suspended_at = clock.now()
        tenant.save(update_fields=["suspended_at"])
        recent_keys.forget_all()
    return tenant


@transaction.atomic
def resume_tenant(*, tenant_id: UUID) -> Tenant:
    """Let a tenant's members and keys in again. Twice changes nothing."""
    tenant = _locked(tenant_id)
    if tenant.suspended_at is not None:
        tenant.suspended_at = None
        tenant.save(update_fields=["suspended_at"])
        recent_keys.forget_all()
    return tenant


def _locked(tenant_id: UUID) -> Tenant:
    try:
        return Tenant.objects.select_for_update().get(pk=tenant_id)
    except Tenant.DoesNotExist:
        raise NotFoundError(f"no tenant {tenant_id}") from None
