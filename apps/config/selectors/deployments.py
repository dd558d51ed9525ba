"""Deployments that go, as those see them who read values."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.config.domain.deploying import is_in
from apps.config.models import ConfigurationDeployment, DeploymentUnit
from apps.config.models.rollouts import LIVE
from apps.config.selectors.places import Place
from kernel.tenancy.context import in_tenant

#: Of one environment at a time: each read is held against all.
MOST_LIVE = 50


@dataclass(frozen=True, slots=True)
class Deploying:
    """A value that is on its way, and to how many."""

    id: UUID
    value: Any
    percent: float
    unit: str

    def reaches(self, place: Place, instance: str) -> bool:
        """Say whether whoever reads there, as this instance, has it."""
        by_tenant = self.unit == DeploymentUnit.TENANT
        return is_in(self.id, str(place.tenant_id) if by_tenant else instance, self.percent)


def seen(row: ConfigurationDeployment) -> Deploying:
    """Return a deployment as readers see it."""
    return Deploying(row.pk, json.loads(row.value), row.percent, row.unit)


def live_in(tenant_id: UUID, environments: Iterable[str]) -> QuerySet[ConfigurationDeployment]:
    """Return what is deployed in environments of a tenant; ask for it within that."""
    with in_tenant(tenant_id):
        return ConfigurationDeployment.objects.filter(
            environment__in=list(environments), state__in=LIVE
        )


def live_at(place: Place, keys: Iterable[str]) -> QuerySet[ConfigurationDeployment]:
    """Return what is deployed of these keys in exactly this place."""
    rows = live_in(place.tenant_id, [place.environment])
    return rows.filter(service=place.service, key__in=list(keys))
