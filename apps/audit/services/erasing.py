"""Erasing a data subject: the key goes, and with it what was personal; every proof stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import transaction

from apps.audit.adapters.destinations import destinations
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.errors import HeldError
from apps.audit.models import LegalHold, SubjectKey
from apps.audit.selectors.holds import Pair, holds_among, holds_in_archives, pairs_to_look_at
from apps.audit.selectors.subjects import key_of_subject, logs_under_key
from apps.audit.services.exporting import withdraw_personal
from apps.audit.services.holds import hold_still
from apps.audit.services.recording import record_event
from contracts.audit import AuditSubjectErased
from kernel import clock
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.tenancy.context import current_tenant_id

#: Logs are counted up to here: erasing takes as long for one as for all of them.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class SubjectErasure:
    """What an erasure does, or would do."""

    #: None when nothing personal is told of the subject, or it was erased before.
    key_id: UUID | None = None
    logs: int = 0
    erased_at: datetime | None = None
    #: Legal holds that do not let it happen.
    held_by: tuple[str, ...] = ()


def erase_subject(*, subject: str, reason: str = "", dry_run: bool = False) -> SubjectErasure:
    """Erase what is personal of a subject, for ever. Telling it twice changes nothing.

    With `dry_run` nothing is erased, and told what would be. Raises HeldError.
    """
    key = key_of_subject(subject)
    if key is None:
        return SubjectErasure()
    free: set[Pair] = set()
    if dry_run:
        holds = [*holds_among(logs_under_key(key.pk)), *holds_in_archives(key.pk, free)]
        return SubjectErasure(key.pk, _count(key.pk), held_by=_names(holds))
    while True:
        # Files are read here: behind the door all who write for the tenant's retention wait.
        _refuse(holds_in_archives(key.pk, free))
        with transaction.atomic(), hold_still():
            _refuse(holds_among(logs_under_key(key.pk)))
            if pairs_to_look_at() <= free:
                return _erase(key.pk, reason)


def erase_again() -> Iterator[UUID]:
    """Erase of the current tenant what was erased before and a restored backup brought back."""
    buried = (one.erased(str(current_tenant_id())) for one in destinations())
    for key_id in dict.fromkeys(chain.from_iterable(buried)):
        if _erase(key_id, "a restored backup brought it back").erased_at is not None:
            yield key_id


@transaction.atomic
def _erase(key_id: UUID, reason: str) -> SubjectErasure:
    """Erase a key: with its record, or not at all."""
    key = SubjectKey.objects.select_for_update().filter(pk=key_id, erased_at=None).first()
    if key is None:
        return SubjectErasure()
    logs = _count(key_id)
    key.secret, key.subject_index, key.erased_at = None, None, clock.now()
    key.save(update_fields=["secret", "subject_index", "erased_at"])
    fault_point("audit-key-gone")
    withdraw_personal()
    actor = current_actor()
    record_event(
        Entry(
            action="audit.subject.erased",
            occurred_at=key.erased_at,
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type=AuditSubjectErased.ENTITY, id=str(key_id)),),
            metadata={"logs": logs, "reason": reason},
        )
    )
    publish(AuditSubjectErased(key_id=str(key_id), logs=logs))
    enqueue("audit.keep_tombstone", str(key_id))
    fault_point("audit-erased")
    return SubjectErasure(key_id, logs, key.erased_at)


def _refuse(holds: Sequence[LegalHold]) -> None:
    if holds:
        raise HeldError(f"held by {', '.join(_names(holds))}")


def _names(holds: Sequence[LegalHold]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hold.name for hold in holds))


def _count(key_id: UUID) -> int:
    return logs_under_key(key_id)[: MOST_COUNTED + 1].count()
