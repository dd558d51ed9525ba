"""One thing that happened, as a caller tells it, with the limits that every way in shares."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from apps.audit.domain.canonical import CanonicalError, canonical, is_ordinary
from apps.audit.domain.search import OVERFULL, texts_of

MAX_TARGETS = 50
MAX_CHANGES = 200
#: Personal fields of one entry.
MAX_PERSONAL = 200
#: Bytes of `metadata` or `changes` as canonical JSON.
MAX_JSON_BYTES = 64_000


class EntryError(ValueError):
    """An entry that cannot be recorded; the message names the field and the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it."""

    type: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What it was done to."""

    type: str
    id: str
    name: str = ""

    def told(self) -> dict[str, str]:
        """Return it as JSON tells it."""
        return {"type": self.type, "id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where it came from."""

    ip_address: str = ""
    user_agent: str = ""
    location: str = ""
    request_id: str = ""

    def told(self) -> dict[str, str]:
        """Return it as JSON tells it."""
        return {
            "ip_address": self.ip_address,
            "user_agent": self.user_agent,
            "location": self.location,
            "request_id": self.request_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field before and after."""

    field: str
    before: Any = None
    after: Any = None

    def told(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {"field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """Which fields tell something of a person: by JSON pointers into the record."""

    subject: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody did something to some things at a time."""

    action: str
    occurred_at: datetime
    actor: Actor
    targets: tuple[Target, ...] = ()
    context: Context = field(default_factory=Context)
    changes: tuple[Change, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    #: The key was made of the content.
    keyed_by_content: bool = False
    personal: tuple[Personal, ...] = ()
    #: False: no word that its metadata hold finds it. `metadata` of a question do.
    worded: bool = True

    def check(self) -> None:
        """Raise EntryError when a part is missing or beyond its limit."""
        _check_text("action", self.action, 200, required=True)
        if self.occurred_at.tzinfo is None:
            raise EntryError("occurredAt has no time zone")
        _check_text("actor.type", self.actor.type, 100, required=True)
        _check_text("actor.id", self.actor.id, 500, required=True)
        _check_text("actor.name", self.actor.name, 500)
        _check_count("targets", len(self.targets), MAX_TARGETS)
        for index, target in enumerate(self.targets):
            _check_text(f"targets[{index}].type", target.type, 100, required=True)
            _check_text(f"targets[{index}].id", target.id, 500, required=True)
            _check_text(f"targets[{index}].name", target.name, 500)
        for name, value in self.context.told().items():
            _check_text(f"context.{name}", value, 1000)
        _check_count("changes", len(self.changes), MAX_CHANGES)
        for index, change in enumerate(self.changes):
            _check_text(f"changes[{index}].field", change.field, 200, required=True)
        if self.idempotency_key is not None:
            _check_text("idempotencyKey", self.idempotency_key, 255, required=True)
        _check_count("personal", sum(len(one.fields) for one in self.personal), MAX_PERSONAL)
        for index, one in enumerate(self.personal):
            _check_text(f"personal[{index}].subject", one.subject, 500, required=True)
        _check_json("changes", [change.told() for change in self.changes])
        _check_json("metadata", self.metadata)

    def sha256(self) -> bytes:
        """Return a digest of everything told, by which a repeated key shows the same body."""
        return hashlib.sha256(_told_bytes(self)).digest()

    def told(self) -> str:
        """Return every text of this entry, for the search to find it by."""
        parts = [self.action, self.actor.type, self.actor.id, self.actor.name]
        for target in self.targets:
            parts += [target.type, target.id, target.name]
        parts += self.context.told().values()
        parts += [change.field for change in self.changes]
        return " ".join(parts + (texts_of(self.metadata) if self.worded else [OVERFULL]))


def _check_text(name: str, value: str, limit: int, *, required: bool = False) -> None:
    if required and not value.strip():
        raise EntryError(f"{name} is empty")
    if len(value) > limit:
        raise EntryError(f"{name} has at most {limit} characters, found {len(value)}")
    if "\0" in value:
        raise EntryError(f"{name} contains the character U+0000")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise EntryError(f"{name} holds half of a surrogate pair") from None


def _told_bytes(entry: Entry) -> bytes:
    """Return all that an entry tells, as it was always written to be digested."""
    changes = [change.told() for change in entry.changes]
    moment = entry.occurred_at.timestamp()
    told = {
        "action": entry.action,
        "occurred_at": moment,
        "actor": {"type": entry.actor.type, "id": entry.actor.id, "name": entry.actor.name},
        "targets": [target.told() for target in entry.targets],
        "context": entry.context.told(),
        "changes": changes,
        "metadata": entry.metadata,
        "idempotency_key": entry.idempotency_key,
    }
    # The two write some numbers in other ways: below one second around the epoch too.
    if abs(moment) >= 1 and is_ordinary(changes) and is_ordinary(entry.metadata):
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check_count(name: str, found: int, limit: int) -> None:
    if found > limit:
        raise EntryError(f"{name} holds at most {limit} items, found {found}")


def _check_json(name: str, value: Any) -> None:
    try:
        # As deep as it is in the record.
        text = canonical([value])
    except CanonicalError as error:
        raise EntryError(f"{name}: {error}") from None
    # As it is written in JSON; so is what only looks like it, which is why it is looked for.
    if b"\\u0000" in text and _holds_nul(value):
        raise EntryError(f"{name} contains the character U+0000")
    size = len(text) - 2
    if size > MAX_JSON_BYTES:
        raise EntryError(f"{name} has at most {MAX_JSON_BYTES} bytes, found {size}")


def _holds_nul(value: Any) -> bool:
    # No text of PostgreSQL holds it; refused here, the answer is the same on every database.
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(item) for pair in value.items() for item in pair)
    return isinstance(value, list | tuple) and any(map(_holds_nul, value))
