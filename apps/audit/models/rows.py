"""What rows of a tenant's Merkle log, and beside it, have in common."""

from django.db import models

from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import AcrossTenants, TenantManager


class LogRow(models.Model):
    """A row of the Merkle log over a tenant's audit logs."""

    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)

    objects = TenantManager()
    across_tenants = AcrossTenants()

    class Meta:
        abstract = True
