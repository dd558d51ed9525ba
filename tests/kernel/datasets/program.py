"""A process of its own for test_client and test_crashes: what it is told to do, and what came."""

import json
import sys
from dataclasses import asdict
from typing import Any

import django

django.setup()

from contracts.datasets import Mode  # noqa: E402
from kernel.datasets.client import apply, undo  # noqa: E402
from kernel.identity.models import Tenant  # noqa: E402
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as  # noqa: E402
from kernel.testing.tenants import make_tenant  # noqa: E402

NAME = "scheduler.schedules"
ROWS = [{"name": f"s-{at}", "cron": "0 3 * * *"} for at in range(3)]


def main(verb: str) -> Any:
    """Do it as somebody in the tenant of the test."""
    from apps.scheduler.models import JobSchedule  # noqa: PLC0415
    from kernel.datasets.models import AppliedBatch  # noqa: PLC0415
    from kernel.events.models import OutboxEvent  # noqa: PLC0415

    if verb == "prepare":
        return str(make_tenant("acme").pk)
    if verb == "count":
        batches = AppliedBatch.across_tenants.count()
        return [JobSchedule.across_tenants.count(), OutboxEvent.objects.count(), batches]
    tenant_id = Tenant.objects.get(slug="acme").pk
    who = Principal(
        kind="user", id="u", name="u", tenant_id=tenant_id, scopes=frozenset({ALL_SCOPES})
    )
    with acting_as(who):
        if verb == "undo":
            return asdict(undo(NAME, batch="b"))
        return [asdict(one) for one in apply(NAME, batch="b", mode=Mode.UPSERT, rows=ROWS)]


sys.stdout.write(json.dumps(main(*sys.argv[1:])))
