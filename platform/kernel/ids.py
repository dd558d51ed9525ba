"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import secrets
import uuid

from kernel import clock
from kernel.errors import InvalidInputError


def new_id() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    value = milliseconds << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def parse_id(text: str) -> uuid.UUID:
    """Read an id in its canonical form of 36 characters; raises InvalidInputError.

    The other spellings that `uuid.UUID` reads (braces, `urn:`, no hyphens) are refused:
    one thing has one name, in caches and logs too.
    """
    try:
        found = uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        found = None
    if found is None or str(found) != text.lower():
        raise InvalidInputError(f"an id is a UUID of 36 characters, found {str(text)[:40]!r}")
    return found
