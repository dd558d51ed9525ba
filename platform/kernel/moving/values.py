"""Values as SQLite keeps them, as PostgreSQL takes them, and the sum that proves they are the same.

The sum is over what each value means, so it is the same on both sides; it does not depend on the
order of rows.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from ipaddress import ip_interface
from typing import Any
from uuid import UUID

_SUM_BYTES = 6
_TYPE = re.compile(r"(?P<name>[a-z ]+?)(\((?P<size>\d+)(, ?(?P<scale>\d+))?\))?")
_RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


class UnfitError(ValueError):
    """A value that PostgreSQL would refuse in that column; the message says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of PostgreSQL, and what a value of SQLite becomes in it."""

    name: str
    type: str

    def reader(self) -> Callable[[Any], Any]:
        """Return what makes a value of SQLite one of Python; raises UnfitError."""
        found = _TYPE.fullmatch(self.type)
        name, size = (found["name"], found["size"]) if found else (self.type, None)
        if name in _RANGES:
            return _whole(_RANGES[name])
        if name in ("character varying", "text"):
            return _text(int(size) if size else None)
        read = _READERS.get(name)
        if read is None:
            raise UnfitError(f"{self.name} is of the type {self.type}, which nothing here moves")
        return _either(read)


class Sum:
    """How many rows, and a sum over what is in them."""

    def __init__(self) -> None:
        self.rows = 0
        self._total = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Count a row."""
        text = repr([_meant(value) for value in row])
        digest = hashlib.blake2b(text.encode(), digest_size=_SUM_BYTES).digest()
        self._total += int.from_bytes(digest, "big")
        self.rows += 1

    @property
    def told(self) -> str:
        """Return the sum as a text."""
        return str(self._total)


@dataclass(frozen=True, slots=True)
class Json:
    """A document of JSON, as its text."""

    text: str


def _meant(value: Any) -> Any:
    """Return what stands for a value in a sum, the same for each way to write it."""
    if isinstance(value, Json):
        return json.dumps(_parsed(value.text), sort_keys=True)
    if isinstance(value, Decimal):
        return _number(str(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value


def _parsed(text: str) -> Any:
    # The numbers of jsonb are exact, and written otherwise: 1e3 is 1000 there.
    return json.loads(text, parse_int=_number, parse_float=_number)


def _number(text: str) -> list[str]:
    return ["number", f"{Decimal(text).normalize():f}"]


def _either(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def with_nothing(value: Any) -> Any:
        if value is None:
            return None
        try:
            return read(value)
        except (ValueError, TypeError, InvalidOperation) as error:
            raise UnfitError(f"{str(value)[:80]!r}: {error}") from error

    return with_nothing


def _text(most: int | None) -> Callable[[Any], Any]:
    def read(value: Any) -> str:
        if isinstance(value, bytes):
            raise UnfitError("it is of bytes, not a text")
        text = str(value)
        if "\0" in text:
            raise UnfitError("it holds the character NUL, which PostgreSQL has in no text")
        if most is not None and len(text) > most:
            raise UnfitError(f"it has {len(text)} characters, at most {most} fit")
        text.encode()
        return text

    return _either(read)


def _whole(bound: int) -> Callable[[Any], Any]:
    def read(value: Any) -> int:
        number = int(value)
        if number != value or not -bound <= number < bound:
            raise UnfitError("no whole number that fits")
        return number

    return _either(read)


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _json(value: str) -> Json:
    _parsed(value)
    # As in a text; a backslash before it would make it six characters of their own.
    if re.search(r"(?<!\\)(\\\\)*\\u0000", value):
        raise UnfitError("it holds the character NUL, which PostgreSQL has in no text")
    return Json(value)


def _bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise UnfitError("it is not of bytes")
    return value


def _flag(value: int) -> bool:
    if value not in (0, 1):
        raise UnfitError("neither true nor false")
    return bool(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": _flag,
    "bytea": _bytes,
    "date": date.fromisoformat,
    "double precision": float,
    "inet": lambda value: str(ip_interface(value).ip),
    "interval": lambda value: timedelta(microseconds=value),
    "jsonb": _json,
    "numeric": lambda value: Decimal(str(value)),
    "timestamp with time zone": _moment,
    "uuid": lambda value: UUID(hex=value),
}
