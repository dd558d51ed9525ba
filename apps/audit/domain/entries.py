"""One thing that happened, as a caller tells it, with the limits that every way in shares."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MAX_TARGETS = 50
MAX_CHANGES = 200
#: Bytes of `metadata` or `changes` as JSON.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where it came from."""

    ip_address: str = ""
    user_agent: str = ""
    location: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field before and after."""

    field: str
    before: Any = None
    after: Any = None


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
        for name, value in asdict(self.context).items():
            _check_text(f"context.{name}", value, 1000)
        _check_count("changes", len(self.changes), MAX_CHANGES)
        for index, change in enumerate(self.changes):
            _check_text(f"changes[{index}].field", change.field, 200, required=True)
        if self.idempotency_key is not None:
            _check_text("idempotencyKey", self.idempotency_key, 255, required=True)
        _check_json("changes", [asdict(change) for change in self.changes])
        _check_json("metadata", self.metadata)

    def sha256(self) -> bytes:
        """Return a digest of everything told, by which a repeated key shows the same body."""
        told = asdict(self) | {"occurred_at": self.occurred_at.timestamp()}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()

    def told(self) -> str:
        """Return every text of this entry, for the search to find it by."""
        parts = [self.action, self.actor.type, self.actor.id, self.actor.name]
        for target in self.targets:
            parts += [target.type, target.id, target.name]
        parts += [self.context.ip_address, self.context.user_agent]
        parts += [change.field for change in self.changes]
        return " ".join(parts + _leaves(self.metadata))


def _check_text(name: str, value: str, limit: int, *, required: bool = False) -> None:
    if required and not value.strip():
        raise EntryError(f"{name} is empty")
    if len(value) > limit:
        raise EntryError(f"{name} has at most {limit} characters, found {len(value)}")
    if "\0" in value:
        raise EntryError(f"{name} contains the character U+0000")


def _check_count(name: str, found: int, limit: int) -> None:
    if found > limit:
        raise EntryError(f"{name} holds at most {limit} items, found {found}")


def _check_json(name: str, value: Any) -> None:
    size = len(json.dumps(value))
    if size > MAX_JSON_BYTES:
        raise EntryError(f"{name} has at most {MAX_JSON_BYTES} bytes, found {size}")


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _leaves(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _leaves(item)]
    return [value] if isinstance(value, str) else []
