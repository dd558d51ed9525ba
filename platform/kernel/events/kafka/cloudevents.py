"""CloudEvents 1.0 of anybody, in a message of Kafka: structured or binary mode.

CloudEvents Kafka protocol binding 1.0.2, section 3. What of it is needed is judged by who reads it.
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.codec import MalformedEventError
from kernel.events.kafka.backlog import Message

_STRUCTURED = "application/cloudevents+json"
_PREFIX = "ce_"
#: The longest key that the tables of events have room for.
MOST_KEY = 300


def cloudevent_of(message: Message) -> dict[str, Any]:
    """Return the event of a message as its structured form has it; raises MalformedEventError."""
    headers = headers_of(message)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    told = _json(message.value() or b"")
    if kind == _STRUCTURED or "ce_specversion" not in headers:
        if not isinstance(told, dict):
            raise MalformedEventError(f"no CloudEvent: expected an object, found {told!r:.200}")
        return told
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise MalformedEventError(f"the data is JSON, found {kind:.100}")
    attributes = {
        name.removeprefix(_PREFIX): value
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    return attributes | {"data": told}


def headers_of(message: Message) -> dict[str, str]:
    """Return the headers of a message; raises MalformedEventError when one is no text."""
    try:
        found = {name.lower(): (value or b"").decode() for name, value in message.headers() or ()}
    except UnicodeDecodeError as error:
        raise MalformedEventError(f"a header is no text: {error}") from None
    if any("\0" in value for value in found.values()):
        raise MalformedEventError("a NUL character in a header, which PostgreSQL does not keep")
    return found


def time_of(message: Message) -> datetime:
    """Return when it was sent, as its producer says; raises MalformedEventError."""
    milliseconds = message.timestamp()[1]
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise MalformedEventError(f"no time in milliseconds: {milliseconds}") from None


def key_of(message: Message, otherwise: str) -> str:
    """Return the key of a message as text that a database keeps, or another where it has none."""
    key = (message.key() or otherwise.encode()).decode(errors="replace")
    return key.replace("\0", "\N{REPLACEMENT CHARACTER}")[:MOST_KEY]


def _json(value: bytes) -> Any:
    try:
        return orjson.loads(value)
    except ValueError as error:
        raise MalformedEventError(f"no JSON: {error}") from None
