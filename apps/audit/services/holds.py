"""Legal holds: placed and released by somebody, for a reason, and both on record."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.models import Erasure, LegalHold
from apps.audit.selectors.holds import active_holds
from apps.audit.services.recording import record_event
from contracts.audit import AuditHoldPlaced, AuditHoldReleased
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import change, check, locked
from kernel.tenancy.context import current_tenant_id

#: Each of them is a part of every question that a deletion asks.
MOST_HOLDS = 50


@contextmanager
def hold_still() -> Iterator[None]:
    """Stand in the door of the current tenant: rows may be deleted, and nobody places a hold.

    Within a transaction only. Whoever else wants to stand there waits for its end.
    """
    door = Erasure.objects.create(tenant_id=current_tenant_id())
    yield
    door.delete()


@transaction.atomic
def place_hold(*, name: str, reason: str, query: Mapping[str, Any] | None = None) -> LegalHold:
    """Let nothing of what the query finds be deleted or erased; without one, nothing at all.

    When it has returned, no deletion is under way that does not know of it.
    """
    hold = LegalHold(name=name, reason=reason, query=_told(query or {}), placed_by=_who())
    check(hold)
    with hold_still():
        if active_holds()[:MOST_HOLDS].count() == MOST_HOLDS:
            raise LimitExceededError(f"at most {MOST_HOLDS} holds at a time")
        hold.save()
    _record(hold, "placed", {"reason": reason, "query": hold.query})
    publish(AuditHoldPlaced(hold_id=str(hold.pk), name=name, reason=reason))
    return hold


@transaction.atomic
def release_hold(*, id: str, reason: str) -> LegalHold:
    """Let go what a hold held; raises ConflictError when that was done before."""
    hold = locked(LegalHold, id)
    if hold.released_at is not None:
        raise ConflictError(f"the hold was released on {hold.released_at:%Y-%m-%d %H:%M} UTC")
    if not reason.strip():
        raise InvalidInputError("reason is empty")
    change(hold, released_at=clock.now(), released_by=_who(), release_reason=reason)
    _record(hold, "released", {"reason": reason})
    publish(AuditHoldReleased(hold_id=str(hold.pk), name=hold.name, reason=reason))
    return hold


def _told(query: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return LogQuery.of(query).told()
    except QueryError as error:
        raise InvalidInputError(str(error)) from None


def _who() -> str:
    actor = current_actor()
    return actor.name or actor.id


def _record(hold: LegalHold, verb: str, metadata: dict[str, Any]) -> None:
    actor = current_actor()
    record_event(
        Entry(
            action=f"audit.hold.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditLegalHold", id=str(hold.pk), name=hold.name),),
            metadata=metadata,
        )
    )
