"""Reads of personal fields: whose they are, and their values for as long as there is a key."""

import base64
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.access import PERSONAL
from apps.audit.domain.canonical import canonical
from apps.audit.domain.entries import Entry
from apps.audit.domain.personal import (
    CONTEXT,
    Parts,
    UnreadableFieldError,
    opened_field,
    place,
    put,
    subject_index,
)
from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditLog, SubjectIndexKey, SubjectKey
from apps.audit.selectors.logs import matching
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import acting_principal


class PersonalState(StrEnum):
    """What is to be seen of a personal field."""

    SHOWN = "shown"
    #: Whoever asks lacks the scope.
    MASKED = "masked"
    #: Nobody will see it again.
    ERASED = "erased"
    #: Its ciphertext is not what was sealed.
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A personal field of a log, as whoever is acting may see it."""

    pointer: str
    key_id: UUID
    state: PersonalState
    value: Any = None


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A subject's key, for as long as one call takes: nothing keeps it, so erasing it is final."""

    id: UUID
    secret: bytes


def may_see_personal() -> bool:
    """Say whether whoever is acting may see personal fields; work of our own may not."""
    principal = acting_principal()
    return principal is not None and principal.may(PERSONAL)


def personal_fields(logs: Iterable[AuditLog], *, shown: bool) -> dict[UUID, list[PersonalField]]:
    """Return the personal fields of each of these logs that has some, by one query for all."""
    sealed = {log: log.sealed for log in logs if log.sealed}
    keys = _keys({UUID(one["key"]) for fields in sealed.values() for one in fields.values()})
    live = {key.pk for key in keys if key.erased_at is None}
    secrets = {key.pk: opened(key).secret for key in keys if key.pk in live} if shown else {}
    return {
        log.pk: [
            _field(log, pointer, UUID(one["key"]), one["text"], live, secrets)
            # What lies within another field is put into it afterwards.
            for pointer, one in sorted(fields.items())
        ]
        for log, fields in sealed.items()
    }


def with_personal(log: AuditLog, fields: Iterable[PersonalField]) -> Parts:
    """Return the parts of a log, by their columns' names, with these fields in their places."""
    context = {told: log.context[name] for told, name in CONTEXT.items()}
    parts = {
        "actor": {"type": log.actor_type, "id": log.actor_id, "name": log.actor_name},
        **deepcopy({"targets": log.targets, "changes": log.changes, "metadata": log.metadata}),
        "context": context,
    }
    for one in fields:
        if one.state is PersonalState.SHOWN:
            put(parts, one.pointer, one.value)
    return parts | {"context": {CONTEXT[told]: text for told, text in context.items()}}


def _field(
    log: AuditLog,
    pointer: str,
    key_id: UUID,
    text: str,
    live: Collection[UUID],
    secrets: Mapping[UUID, bytes],
) -> PersonalField:
    if key_id not in live:
        return PersonalField(pointer, key_id, PersonalState.ERASED)
    if key_id not in secrets:
        return PersonalField(pointer, key_id, PersonalState.MASKED)
    bound = place(log.tenant_id, log.pk, key_id, pointer)
    try:
        value = opened_field(secrets[key_id], bound, text)
    except UnreadableFieldError:
        return PersonalField(pointer, key_id, PersonalState.UNREADABLE)
    return PersonalField(pointer, key_id, PersonalState.SHOWN, value)


def logs_under_key(key_id: UUID) -> QuerySet[AuditLog]:
    """Return those of the tenant's logs in which something is sealed under this key."""
    return matching(LogQuery(subject_key=key_id.hex))


def key_of_subject(subject: str) -> SubjectKey | None:
    """Return the key of a subject of whom something personal is told, and not erased."""
    index_key = SubjectIndexKey.objects.first()
    if index_key is None:
        return None
    index = subject_index(_opened(index_key, "find a subject"), subject)
    return SubjectKey.objects.filter(subject_index=index).first()


def named_by(subject: str) -> str:
    """Return how a question names a subject: also one of whom nothing is told has such a name."""
    key = key_of_subject(subject)
    return (key.pk if key else UUID(int=0)).hex


def opened(key: SubjectKey) -> OpenKey:
    """Return a key that is not erased, to seal or to show with."""
    return OpenKey(key.pk, _opened(key, "seal or show personal fields"))


def opened_index(key: SubjectIndexKey) -> bytes:
    """Return what subjects of the tenant are found by."""
    return _opened(key, "find subjects")


def personal_is_gone(log: AuditLog) -> bool:
    """Say whether something personal in a log was erased."""
    fields = personal_fields([log], shown=False).get(log.pk, [])
    return any(one.state is PersonalState.ERASED for one in fields)


def tells_the_same(log: AuditLog, entry: Entry) -> bool:
    """Say whether an entry tells what is recorded, whatever of it was personal at the time."""
    told = {
        "actor": {"type": entry.actor.type, "id": entry.actor.id, "name": entry.actor.name},
        "targets": [one.told() for one in entry.targets],
        "changes": [one.told() for one in entry.changes],
        "metadata": entry.metadata,
        "context": entry.context.told(),
    }
    found = with_personal(log, personal_fields([log], shown=True).get(log.pk, []))
    return (log.action, log.occurred_at, canonical(found)) == (
        entry.action,
        entry.occurred_at,
        canonical(told),
    )


def _keys(ids: Collection[UUID]) -> list[SubjectKey]:
    return list(SubjectKey.objects.filter(pk__in=ids)) if ids else []


def _opened(row: SubjectKey | SubjectIndexKey, purpose: str) -> bytes:
    return base64.b64decode(read_secret(row, "secret", purpose=purpose, shown=False))
