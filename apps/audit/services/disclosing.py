"""What is told of a data subject, given to whoever has a right to it; each time on record."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from apps.audit.access import PERSONAL
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.personal import put
from apps.audit.models import AuditLog
from apps.audit.selectors.integrity import raw
from apps.audit.selectors.subjects import (
    PersonalField,
    key_of_subject,
    logs_under_key,
    personal_fields,
)
from apps.audit.services.recording import record_event
from contracts.audit import AuditSubjectErased
from kernel import clock
from kernel.events.actors import current_actor
from kernel.tenancy.context import require

#: Records of one answer.
MOST_DISCLOSED = 500


@transaction.atomic
def disclose(*, subject: str, after: UUID | None = None) -> list[dict[str, Any]]:
    """Return records with something personal of a subject, in the order of their ids.

    At most 500, behind the id; no more when it are fewer. What others' personal fields hold is not
    in them. Raises ForbiddenError.
    """
    require(PERSONAL)
    key = key_of_subject(subject)
    if key is None:
        return []
    logs = logs_under_key(key.pk).order_by("id")
    found = list((logs.filter(pk__gt=after) if after else logs)[:MOST_DISCLOSED])
    fields = personal_fields(found, shown=True)
    told = [_told(log, (one for one in fields[log.pk] if one.key_id == key.pk)) for log in found]
    _record(key.pk, len(told))
    return told


def _told(log: AuditLog, own: Iterable[PersonalField]) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(raw(log.record))
    del record["sealed"]
    for one in own:
        put(record, one.pointer, one.value)
    return record


def _record(key_id: UUID, count: int) -> None:
    actor = current_actor()
    record_event(
        Entry(
            action="audit.subject.disclosed",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type=AuditSubjectErased.ENTITY, id=str(key_id)),),
            metadata={"logs": count},
        )
    )
