"""The life of a tenant after it was made: suspended, resumed, exported, deleted."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from contracts.identity import TenantResumed, TenantSuspended
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.events.publishing import publish
from kernel.identity.departures import TenantDeletion, TenantExport
from kernel.identity.models import Tenant
from kernel.identity.recent import recent_keys
from kernel.identity.recent_tenants import recent_tenants
from kernel.jobs.services import enqueue
from kernel.tenancy.parts import refuse_kept


@transaction.atomic
def suspend_tenant(*, tenant_id: UUID) -> Tenant:
    """Shut a tenant's members and keys out at once; its data stays. Twice changes nothing.

    Raises ConflictError for one that is to be deleted.
    """
    tenant = _locked(tenant_id)
    if tenant.delete_after is not None:
        raise ConflictError(f"{tenant.slug} is to be deleted, so nobody gets in already")
    if tenant.suspended_at is None:
        tenant.suspended_at = clock.now()
        tenant.save(update_fields=["suspended_at"])
        publish(TenantSuspended(tenant_id=str(tenant.pk), slug=tenant.slug), tenant_id=tenant.pk)
        recent_keys.forget_all()
        recent_tenants.forget_all()
    return tenant


@transaction.atomic
def resume_tenant(*, tenant_id: UUID) -> Tenant:
    """Let a tenant's members and keys in again. Twice changes nothing.

    One that is to be deleted is not, as long as nothing has been erased; raises ConflictError
    afterwards.
    """
    tenant = _locked(tenant_id)
    if tenant.suspended_at is None and tenant.delete_after is None:
        return tenant
    deletion = _open_deletion(tenant)
    if deletion is not None:
        if deletion.started_at is not None:
            raise ConflictError(f"the data of {tenant.slug} is being erased already")
        deletion.cancelled_at = clock.now()
        deletion.save(update_fields=["cancelled_at"])
    tenant.suspended_at = tenant.delete_after = None
    tenant.save(update_fields=["suspended_at", "delete_after"])
    publish(TenantResumed(tenant_id=str(tenant.pk), slug=tenant.slug), tenant_id=tenant.pk)
    recent_keys.forget_all()
    recent_tenants.forget_all()
    return tenant


@transaction.atomic
def delete_tenant(
    *, tenant_id: UUID, grace: timedelta | None = None, requested_by: str = ""
) -> TenantDeletion:
    """Shut a tenant out at once, and let its data be erased when the grace period has ended.

    Until then `resume_tenant` takes it back. Twice changes nothing. Raises ConflictError when
    something of it may not be erased, such as what a legal hold is on.
    """
    tenant = _locked(tenant_id)
    deletion = _open_deletion(tenant)
    if deletion is None:
        refuse_kept(tenant_id)
        now = clock.now()
        tenant.delete_after = now + (settings.TENANT_GRACE if grace is None else grace)
        tenant.save(update_fields=["delete_after"])
        deletion = TenantDeletion.objects.create(
            tenant_id=tenant.pk,
            slug=tenant.slug,
            requested_at=now,
            requested_by=requested_by,
            delete_after=tenant.delete_after,
        )
        recent_keys.forget_all()
        recent_tenants.forget_all()
    return deletion


@transaction.atomic
def export_tenant(*, tenant_id: UUID, requested_by: str = "") -> TenantExport:
    """Let everything of a tenant be written into a ZIP, by a job."""
    tenant = _locked(tenant_id)
    export = TenantExport.objects.create(tenant=tenant, requested_by=requested_by)
    enqueue("identity.export_tenant", str(export.pk), tenant_id=tenant.pk)
    return export


def _locked(tenant_id: UUID) -> Tenant:
    try:
        return Tenant.objects.select_for_update().get(pk=tenant_id)
    except Tenant.DoesNotExist:
        raise NotFoundError(f"no tenant {tenant_id}") from None


def _open_deletion(tenant: Tenant) -> TenantDeletion | None:
    found = TenantDeletion.objects.select_for_update()
    return found.filter(tenant_id=tenant.pk, cancelled_at=None).first()
