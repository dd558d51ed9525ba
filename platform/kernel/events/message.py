"""An event as it is stored and travels: the structured JSON form of CloudEvents, made once.

It is written when the event is published; the relay sends it as it is, and who is brought it reads
it.
"""

import re
from typing import Any

import orjson

from contracts.codec import MalformedEventError
from contracts.envelope import Envelope

#: An escaped NUL: a `\u0000` before which the backslashes are paired.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def write(type_: str, subject: str, *, data: bytes, **told: Any) -> str:
    """Return an event as a message, its data being JSON already; see `Envelope.of`."""
    envelope = Envelope.of(type_, subject, data=orjson.Fragment(data), **told)
    return orjson.dumps(envelope.to_json()).decode()


def read(message: bytes | str) -> Envelope:
    """Read an event; raises MalformedEventError for a message that is none of ours.

    Whether its type is known and its data is right is told by `Envelope.event`.
    """
    try:
        told = orjson.loads(message)
    except ValueError as error:
        raise MalformedEventError(f"no JSON: {error}") from None
    if type(told) is not dict:
        raise MalformedEventError(f"no CloudEvent: expected an object, found {told!r}"[:300])
    return Envelope.from_json(told)


def has_nul(message: bytes) -> bool:
    """Say whether JSON has a NUL character in it, which PostgreSQL does not keep."""
    # Most have no backslash, which is found out ten times as fast.
    return b"\\" in message and b"\\u0000" in message and _NUL.search(message) is not None
