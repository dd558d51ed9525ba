"""Rows that belong to a tenant, behind a manager that refuses to forget it."""

from typing import TypeVar

from django.db import models

from kernel.ids import new_id
from kernel.tenancy.context import current_tenant_id

M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """The rows of the current tenant; raises TenantRequiredError outside one, never "all rows"."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantModel(models.Model):
    """A row with an id of its own and the tenant it belongs to.

    `objects` sees the current tenant. `across_tenants` sees every row: for the back office and
    for upkeep, never for a request.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(editable=False, default=current_tenant_id)

    objects = TenantManager()
    across_tenants = models.Manager()  # noqa: DJ012  taken for a field

    class Meta:
        abstract = True
