"""Rows that belong to a tenant, behind a manager that refuses to forget it."""

from typing import ClassVar, Self, TypeVar

from django.db import models

from kernel.ids import new_id
from kernel.tenancy.access import OPEN, Access
from kernel.tenancy.aliases import system_alias
from kernel.tenancy.context import current_tenant_id

M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """The rows of the current tenant; raises TenantRequiredError outside one, never "all rows"."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class AcrossTenants(models.Manager[M]):
    """The rows of all tenants, by the connection that no policy narrows."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().using(system_alias())


class TenantModel(models.Model):
    """A row with an id of its own and the tenant it belongs to.

    `visible` gives the rows that whoever is acting may see and change: those of the current tenant
    that pass the row rule of `access`. `objects` sees all of the current tenant. `across_tenants`
    sees every row: for the back office and for upkeep, never for a request.
    """

    access: ClassVar[Access] = OPEN

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(editable=False, default=current_tenant_id)

    objects = TenantManager()
    across_tenants = AcrossTenants()

    class Meta:
        abstract = True

    @classmethod
    def visible(cls) -> models.QuerySet[Self]:
        """Return the rows that whoever is acting may see and change."""
        rows: models.QuerySet[Self] = cls.objects.all()
        rule = cls.access.rule()
        return rows if rule is None else rows.filter(rule)


def view_of(model: type[models.Model]) -> str:
    """Return the view through which the rows of the current tenant are searched.

    It is for models that say `searched`, by operators that no index is used for where a policy
    holds. A migration that changes a column of theirs drops it; it is made again after that.
    """
    return f"{model._meta.db_table}_of_tenant"
