"""Ids that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

import re
import secrets
import uuid
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from kernel import clock
from kernel.errors import InvalidInputError

_CANONICAL = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


class _Sequence:
    """The last id's time and counter (RFC 9562, section 6.2, method 1: a fixed-length counter).

    Ids of one process grow in the order they were made, also within a millisecond and when the
    clock is set back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._milliseconds = 0
        self._counter = 0

    def next(self, milliseconds: int) -> tuple[int, int]:
        with self._lock:
            return self._next(milliseconds)

    def several(self, milliseconds: int, count: int) -> list[tuple[int, int]]:
        with self._lock:
            return [self._next(milliseconds) for _ in range(count)]

    def _next(self, milliseconds: int) -> tuple[int, int]:
        if milliseconds > self._milliseconds:
            # The top bit starts at 0, which leaves room for 2,048 more in this millisecond.
            self._milliseconds, self._counter = milliseconds, secrets.randbits(11)
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._milliseconds, self._counter = self._milliseconds + 1, 0
        return self._milliseconds, self._counter


_sequence = _Sequence()


def new_id() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, a 12 bit counter, 62 random bits."""
    return uuid.UUID(int=_new_value())


def new_ids(count: int) -> list[uuid.UUID]:
    """Return as many new ones in their order, for less than as many calls of `new_id` take."""
    told = _sequence.several(_now_milliseconds(), count)
    random = secrets.token_bytes(8 * count)
    return [
        uuid.UUID(int=_value(*one, int.from_bytes(random[at : at + 8], "big") >> 2))
        for one, at in zip(told, range(0, 8 * count, 8), strict=True)
    ]


def new_id_text() -> str:
    """Return the same as it is written, where nobody needs the object."""
    digits = f"{_new_value():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _new_value() -> int:
    return _value(*_sequence.next(_now_milliseconds()), secrets.randbits(62))


def _now_milliseconds() -> int:
    return int(clock.now().timestamp() * 1000)


def _value(milliseconds: int, counter: int, random: int) -> int:
    return milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the least UUIDv7 of that time: ids made before it are smaller, all others are not."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)


def parse_id(text: Any) -> uuid.UUID:
    """Read an id in its canonical form of 36 characters; raises InvalidInputError.

    The other spellings that `uuid.UUID` reads (braces, `urn:`, no hyphens) are refused:
    one thing has one name, in caches and logs too.
    """
    return uuid.UUID(int=int(canonical_id(text).replace("-", ""), 16))


def canonical_id(text: Any) -> str:
    """Return an id as it is written everywhere: in lower case; raises InvalidInputError."""
    if not isinstance(text, str) or not _CANONICAL.fullmatch(text):
        raise InvalidInputError(f"an id is a UUID of 36 characters, found {str(text)[:40]!r}")
    return text.lower()


def made_at(id_: uuid.UUID) -> datetime:
    """Return when a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, tz=UTC)
