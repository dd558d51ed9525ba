"""From entries to rows: checked, personal fields sealed, and then the bytes of the leaf made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from apps.audit.domain.entries import Entry, EntryError
from apps.audit.domain.personal import Taken, content_digest, place, sealed_field
from apps.audit.domain.personal_rules import redacted_by
from apps.audit.domain.records import record_of
from apps.audit.domain.search import stored_tokens, subject_token
from apps.audit.models import AuditLog
from apps.audit.selectors.rules import RulesOfAction, read_rules
from apps.audit.selectors.subjects import OpenKey
from apps.audit.services.believing import Believed
from apps.audit.services.subject_keys import keys_for, known_keys
from kernel import clock
from kernel.errors import DomainError, InvalidInputError
from kernel.ids import new_id
from kernel.tenancy.context import current_tenant_id


@dataclass(slots=True)
class Draft:
    """A log that is not recorded yet: its columns, and the digest of what was told of it.

    It is no model, which takes longer to make than all the rest of it.
    """

    id: UUID
    tenant_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    action: str
    actor_type: str
    actor_id: str
    actor_name: str
    targets: list[dict[str, str]]
    context: dict[str, str]
    changes: list[dict[str, Any]]
    metadata: dict[str, Any]
    sealed: dict[str, dict[str, str]] | None
    idempotency_key: str | None
    words: str
    record: bytes
    sha256: bytes
    #: What was told, where rules of what is personal may have been others when it first was.
    told: Entry | None = None
    #: The keys that its content had under such rules.
    former_keys: Mapping[str, bytes] = field(default_factory=dict)

    def log(self) -> AuditLog:
        """Return the log that it is a draft of."""
        return AuditLog(**{name: getattr(self, name) for name in COLUMNS})


#: The columns of a log.
COLUMNS = Draft.__slots__[: Draft.__slots__.index("sha256")]


#: What is personal in entries, whoever tells them.
known_rules = Believed(read_rules)


#: An entry without what is personal of it, and that.
_Redacted: TypeAlias = tuple[Entry, Sequence[Taken]]


@dataclass(frozen=True, slots=True)
class _Told:
    """An entry as it was told, as it is recorded, and as it would have been under other rules."""

    whole: Entry
    redacted: _Redacted
    former: Sequence[_Redacted]
    #: Its action has rules, or had some.
    ruled: bool


def drafted(entries: Sequence[Entry]) -> list[Draft | DomainError]:
    """Return for each entry the row that records it, or why it cannot be recorded."""
    rules = known_rules.of(current_tenant_id())
    told = [_told(entry, rules.about(entry.action)) for entry in entries]
    sound = [one for one in told if isinstance(one, _Told)]
    subjects = _subjects(one.redacted for one in sound)
    keys = keys_for(subjects) if subjects else {}
    # Of whom nothing is known, nothing was told.
    keys |= known_keys(_subjects(was for one in sound for was in one.former) - subjects)
    now = clock.now()
    return [item if isinstance(item, DomainError) else _draft(item, keys, now) for item in told]


def _told(entry: Entry, rules: RulesOfAction) -> _Told | DomainError:
    try:
        entry.check()
        former = rules.former if entry.keyed_by_content else ()
        return _Told(
            whole=entry,
            redacted=redacted_by(rules.in_force, entry),
            former=[redacted_by(one, entry) for one in former],
            ruled=bool(rules),
        )
    except EntryError as error:
        return InvalidInputError(str(error))


def _subjects(redacted: Iterable[_Redacted]) -> set[str]:
    return {one.subject for _, taken in redacted for one in taken}


def _identified(
    entry: Entry, taken: Sequence[Taken], keys: Mapping[str, OpenKey]
) -> tuple[str | None, bytes]:
    """Return the key by which an entry is known again, and the digest of what it tells."""
    digest = entry.sha256()
    if not taken:
        return entry.idempotency_key, digest
    if entry.keyed_by_content:
        # What was personal in it is no more to be read off the key than off the digest.
        digest = replace(entry, idempotency_key=None).sha256()
    secrets = {subject: key.secret for subject, key in keys.items()}
    digest = content_digest(digest, taken, secrets)
    return f"content:{digest.hex()}" if entry.keyed_by_content else entry.idempotency_key, digest


def _former_keys(told: _Told, keys: Mapping[str, OpenKey]) -> dict[str, bytes]:
    """Return the keys and digests that this content had under rules that are others now."""
    found = {}
    for entry, taken in told.former:
        if all(one.subject in keys for one in taken):
            key, digest = _identified(entry, taken, keys)
            found[str(key)] = digest
    return found


def _draft(told: _Told, keys: Mapping[str, OpenKey], now: datetime) -> Draft:
    entry, taken = told.redacted
    idempotency_key, digest = _identified(entry, taken, keys)
    tenant_id = current_tenant_id()
    # By its key a subject's logs are found, in the one index that there is anyway.
    named = dict.fromkeys(subject_token(keys[one.subject].id.hex) for one in taken)
    draft = Draft(
        id=new_id(),
        tenant_id=tenant_id,
        occurred_at=entry.occurred_at,
        recorded_at=now,
        action=entry.action,
        actor_type=entry.actor.type,
        actor_id=entry.actor.id,
        actor_name=entry.actor.name,
        targets=[target.told() for target in entry.targets],
        context=entry.context.told(),
        changes=[change.told() for change in entry.changes],
        metadata=entry.metadata,
        sealed=None,
        idempotency_key=idempotency_key,
        words=" ".join([tenant_id.hex, *named, *stored_tokens(entry.told())]),
        record=b"",
        sha256=digest,
    )
    if told.ruled:
        draft.told, draft.former_keys = told.whole, _former_keys(told, keys)
    if taken:
        draft.sealed = {one.pointer: _sealed(draft, one, keys[one.subject]) for one in taken}
    draft.record = record_of(draft)
    return draft


def _sealed(draft: Draft, taken: Taken, key: OpenKey) -> dict[str, str]:
    bound = place(draft.tenant_id, draft.id, key.id, taken.pointer)
    return {"key": str(key.id), "text": sealed_field(key.secret, bound, taken.value)}
