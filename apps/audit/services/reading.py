"""Reads of logs by staff, put on record: what somebody looked for, and which log they opened.

It is on record before anything is shown: what cannot be recorded is not seen.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditLog
from apps.audit.services.recording import record_event
from kernel import clock
from kernel.events.actors import current_actor
from kernel.tenancy.context import PLATFORM, in_tenant

#: The `type` of a target that is a log.
LOG = "AuditLog"


@transaction.atomic
def record_search(tenant_id: UUID | None, query: LogQuery, shown: Collection[AuditLog]) -> None:
    """Put on record in its tenant that a page of a search was shown: one log for all its rows.

    A search over all tenants is in the platform's log, with the tenants whose logs were shown.
    """
    tenants = () if tenant_id else sorted({log.tenant_id.hex for log in shown})
    _record(
        tenant_id or PLATFORM,
        "searched",
        tuple(Target(type="Tenant", id=str(UUID(one))) for one in tenants),
        {"filter": query.told(), "logs": len(shown)},
    )


@transaction.atomic
def record_opened(log: AuditLog, *, archived: bool) -> None:
    """Put on record in its tenant that a log was opened, and whether from an archive."""
    _record(log.tenant_id, "opened", (Target(type=LOG, id=str(log.pk)),), {"archived": archived})


def _record(
    tenant_id: UUID, verb: str, targets: tuple[Target, ...], metadata: dict[str, Any]
) -> None:
    actor = current_actor()
    with in_tenant(tenant_id):
        record_event(
            Entry(
                action=f"audit.log.{verb}",
                occurred_at=clock.now(),
                actor=Actor(type=actor.type, id=actor.id, name=actor.name),
                targets=targets,
                metadata=metadata,
                # Who looks for the same words again looks for what it tells of, not for looks.
                worded=False,
            )
        )
