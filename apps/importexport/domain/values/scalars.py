"""What one text is as a value of a kind. This is the definition: what is faster has to agree.

Nothing is rounded and nothing is guessed: a text that is not exactly one value is refused with what
is expected. Around values of every kind but text, spaces are left out before.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from apps.importexport.domain.problems import Code, RefusedError
from contracts.datasets import Kind

Value: TypeAlias = str | int | Decimal | bool | dt.date | dt.datetime
Read: TypeAlias = Callable[[str], Value]

#: What is left out around numbers, dates and the like, as spreadsheets and web pages put it there.
SPACES = " \t\r\n\f\v\u00a0\u2007\u202f\u3000\ufeff"
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**63 - 1
#: Decimals are numeric(38, 20): 18 digits before the point, as coordinates have 17 behind it.
PRECISION, SCALE = 38, 20
TRUE = ("true", "t", "yes", "y", "on", "1")
FALSE = ("false", "f", "no", "n", "off", "0")

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MOST_DIGITS = 1_000
_EXACT = Context(prec=PRECISION, traps=[Inexact, InvalidOperation])
_STEP = Decimal(1).scaleb(-SCALE)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
#: A day alone is its midnight: so workbooks have a moment whose clock shows nothing else.
_DATETIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r" ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
_UTC = dt.UTC


def reader(kind: Kind, zone: ZoneInfo) -> Read:
    """Return what reads texts of a kind; it raises RefusedError.

    Moments that name no offset are taken to be in the zone.
    """
    if kind is Kind.DATETIME:
        return lambda text: _datetime(text, zone)
    return _READERS[kind]


def _text(text: str) -> str:
    if "\0" in text:
        raise RefusedError(Code.NOT_A_TEXT, "a text without NUL characters is expected")
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise RefusedError(Code.NOT_AN_INTEGER, "a whole number is expected, such as 42")
    # Python turns long texts into numbers slowly, and from some length not at all.
    if len(text.lstrip("+-0")) <= 19:
        value = int(text.lstrip("+-0") or "0") * (-1 if text[0] == "-" else 1)
        if LEAST_INTEGER <= value <= MOST_INTEGER:
            return value
    raise RefusedError(
        Code.OUT_OF_RANGE,
        f"a whole number from {LEAST_INTEGER} to {MOST_INTEGER} is expected (ids are texts)",
    )


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise RefusedError(Code.NOT_A_DECIMAL, "a number is expected, such as 1234.5")
    if len(text) <= _MOST_DIGITS:
        number = Decimal(text)
        if number.adjusted() < PRECISION - SCALE or not number:
            try:
                # No negative zero: databases have none.
                return _EXACT.quantize(number or Decimal(0), _STEP)
            except (Inexact, InvalidOperation):
                raise RefusedError(
                    Code.TOO_MANY_DIGITS, f"at most {SCALE} digits after the point are expected"
                ) from None
    raise RefusedError(
        Code.OUT_OF_RANGE, f"at most {PRECISION - SCALE} digits before the point are expected"
    )


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise RefusedError(Code.NOT_A_BOOLEAN, "true or false is expected, or yes, no, 1, 0")


def _date(text: str) -> dt.date:
    found = _DATE.fullmatch(text)
    try:
        if found:
            return dt.date(*map(int, found.groups()))
    except ValueError:
        raise RefusedError(Code.NOT_A_DATE, "there is no such day in the calendar") from None
    raise RefusedError(Code.NOT_A_DATE, "a date is expected, such as 2024-02-29")


def _datetime(text: str, zone: ZoneInfo) -> dt.datetime:
    found = _DATETIME.fullmatch(text)
    if not found:
        raise RefusedError(
            Code.NOT_A_DATETIME, "a date and time is expected, such as 2024-02-29T13:30:00Z"
        )
    *parts, fraction, offset = found.groups(default="")
    fraction = fraction.rstrip("0")
    if len(fraction) > 6:
        raise RefusedError(Code.NOT_A_DATETIME, "at most six digits after the second are expected")
    year, month, day, hour, minute, second = (int(part or "0") for part in parts)
    try:
        micro = int(fraction.ljust(6, "0"))
        local = dt.datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001  (below)
        if offset:
            return local.replace(tzinfo=_offset(offset)).astimezone(_UTC)
        return in_zone(local, zone)
    except (ValueError, OverflowError):
        raise RefusedError(Code.NOT_A_DATETIME, "there is no such day or time") from None


def _offset(written: str) -> dt.timezone:
    if written in "Zz":
        return _UTC
    hours, minutes = int(written[1:3]), int(written[3:].lstrip(":") or "0")
    if hours > 23 or minutes > 59:
        raise ValueError(written)
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-offset if written[0] == "-" else offset)


def in_zone(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the moment of a local time: of an hour that comes twice the first.

    Raises RefusedError for a time that the clock leaves out.
    """
    moment = local.replace(tzinfo=zone).astimezone(_UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise RefusedError(
            Code.NO_SUCH_TIME, f"the clock is put forward over this time in {zone.key}"
        )
    return moment


def _uuid(text: str) -> str:
    lower = text.lower()
    if not _UUID.fullmatch(lower):
        raise RefusedError(
            Code.NOT_A_UUID, "a UUID is expected, such as 6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b48"
        )
    return str(uuid.UUID(lower))


def _json(text: str) -> str:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RefusedError(Code.NOT_JSON, 'JSON is expected, such as {"colour": "red"}') from None
    # PostgreSQL keeps neither in jsonb.
    if "\\u0000" in text and _holds_nul(value):
        raise RefusedError(Code.NOT_JSON, "JSON without NUL characters is expected")
    return text


def _holds_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and "\0" in one:
            return True
        if isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return False


_READERS: Mapping[Kind, Read] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
