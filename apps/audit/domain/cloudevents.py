"""CloudEvents 1.0 whose data is an entry: the form in which other services tell what they did."""

import hashlib
from typing import Any

from apps.audit.domain.entries import Entry, EntryError
from apps.audit.domain.mappings import septet_entry

VERSION = "1.0"
MOST_ATTRIBUTE = 500
#: What the text begins with that a producer signs.
SIGNED = "septet.audit.intake/1"


def cloudevent_entry(event: dict[str, Any]) -> Entry:
    """Read the structured form of an event whose data is a `CreateAuditLogInput`.

    What the data leaves out the event tells: `type` is the action, `time` when it occurred, and
    `source` and `id` are the idempotency key. Raises EntryError.
    """
    if event.get("specversion") != VERSION:
        raise EntryError(
            f"no CloudEvent {VERSION}: specversion is {event.get('specversion')!r:.40}"
        )
    data = event.get("data")
    if not isinstance(data, dict):
        raise EntryError(f"data is an entry in JSON, found {type(data).__name__}")
    told = {"action": attribute(event, "type"), "idempotencyKey": key_of(event)}
    if "time" in event:
        told["occurredAt"] = attribute(event, "time")
    return septet_entry(told | data)


def key_of(event: dict[str, Any]) -> str:
    """Return what the event is known by: its producer makes `source` and `id` unique together."""
    named = f"{attribute(event, 'source')}\n{attribute(event, 'id')}"
    return "cloudevent:" + hashlib.sha256(named.encode()).hexdigest()


def attribute(event: dict[str, Any], name: str) -> str:
    """Return an attribute of an event; raises EntryError when it is missing, or no text."""
    value = event.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MOST_ATTRIBUTE:
        raise EntryError(f"the attribute {name} is a text of 1 to {MOST_ATTRIBUTE} characters")
    # CloudEvents 1.0, section 3.1: and what is signed by lines cannot be read in two ways.
    if not value.isprintable():
        raise EntryError(f"the attribute {name} has a control character")
    return value


def signed_text(event: dict[str, Any], sha256: str) -> bytes:
    """Return what a producer signs of an event; `sha256` is of the message's value, in hex."""
    lines = [SIGNED, attribute(event, "source"), attribute(event, "id"), attribute(event, "type")]
    time = attribute(event, "time") if "time" in event else ""
    return "\n".join([*lines, time, sha256]).encode()
