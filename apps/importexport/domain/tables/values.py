"""Values of fields: read from JSON or text, held to what the field says, and told again."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from apps.importexport.domain.problems import PlanError
from apps.importexport.domain.values import patterns
from apps.importexport.domain.values.patterns import Pattern
from apps.importexport.domain.values.scalars import (
    LEAST_INTEGER,
    MOST_INTEGER,
    PRECISION,
    SCALE,
)
from contracts.datasets import Field, Kind

#: Of one text or JSON value.
MOST_CHARACTERS: Final = 1_000_000
_WIDE = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN)
#: What is told instead of a value that somebody may not see.
MASK: Final = "***"


class ValueRefusedError(ValueError):
    """A value does not fit its field; the message says what is expected."""


def compiled(pattern: str) -> Pattern:
    """Return a pattern, matched in linear time whatever it says; raises ValueRefusedError."""
    try:
        return patterns.compiled(pattern)
    except PlanError as error:
        raise ValueRefusedError(str(error)) from None


def read(field: Field, value: Any) -> Any:
    """Return a value as Python has it; None for one that is missing.

    It comes as JSON has it, or as a text in ISO form. Raises ValueRefusedError.
    """
    if value is None or (value == "" and field.kind != Kind.TEXT):
        if field.required:
            raise ValueRefusedError("a value is required")
        return None
    found = _READ[field.kind](value)
    if field.required and found == "":
        raise ValueRefusedError("a value is required")
    _check_bounds(field, found)
    if field.choices and not any(found == _READ[field.kind](one) for one in field.choices):
        raise ValueRefusedError(f"expected one of {', '.join(field.choices[:20])}"[:300])
    return found


def told(kind: Kind, value: Any) -> Any:
    """Return a value as a row of a dataset tells it."""
    if value is None:
        return None
    match kind:
        case Kind.DECIMAL:
            return plain(value)
        case Kind.DATE:
            return value.isoformat()
        case Kind.DATETIME:
            text = value.astimezone(dt.UTC).isoformat().removesuffix("+00:00")
            return f"{text.rstrip('0') if '.' in text else text}Z"
        case Kind.UUID:
            return str(value)
        case _:
            return value


def plain(value: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _check_bounds(field: Field, value: Any) -> None:
    bare = _READ[field.kind]
    if field.minimum and value < bare(field.minimum):
        raise ValueRefusedError(f"expected {field.minimum} or more")
    if field.maximum and value > bare(field.maximum):
        raise ValueRefusedError(f"expected {field.maximum} or less")
    if field.min_length is not None and len(value) < field.min_length:
        raise ValueRefusedError(f"expected {field.min_length} characters or more")
    if field.max_length is not None and len(value) > field.max_length:
        raise ValueRefusedError(f"expected {field.max_length} characters or less")
    if field.pattern and compiled(field.pattern).fullmatch(value) is None:
        raise ValueRefusedError(f"does not match {field.pattern[:100]}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueRefusedError("expected a text")
    if len(value) > MOST_CHARACTERS:
        raise ValueRefusedError(f"a text has at most {MOST_CHARACTERS:,} characters")
    _refuse_unkept(value)
    return value


def _refuse_unkept(text: str) -> None:
    if "\0" in text:
        raise ValueRefusedError("a text holds no NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueRefusedError("a text holds whole characters only") from None


def _integer(value: Any) -> int:
    if isinstance(value, str):
        try:
            # Not `1_000`, which Python reads as well.
            value = int(value) if "_" not in value and len(value) <= 20 else None
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueRefusedError("expected a whole number")
    if not LEAST_INTEGER <= value <= MOST_INTEGER:
        raise ValueRefusedError("expected a whole number of 64 bits")
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueRefusedError("expected a number")
    text = str(value)
    try:
        number = Decimal(text) if "_" not in text and len(text) <= 60 else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueRefusedError("expected a number")
    _, digits, exponent = number.normalize(_WIDE).as_tuple()
    places = -int(exponent)
    if number and (places > SCALE or len(digits) - places > PRECISION - SCALE):
        raise ValueRefusedError(
            f"expected at most {PRECISION - SCALE} digits before the point and {SCALE} behind it"
        )
    return number


def _boolean(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueRefusedError("expected true or false")
    return value


def _date(value: Any) -> dt.date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueRefusedError("expected a date such as 2024-05-31")


def _datetime(value: Any) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueRefusedError("expected a moment with a time zone, such as 2024-05-31T12:00:00Z")


def _uuid(value: Any) -> UUID:
    try:
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise ValueRefusedError("expected a UUID of 36 characters")


def _json(value: Any) -> Any:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise ValueRefusedError("expected JSON") from None
    if len(text) > MOST_CHARACTERS:
        raise ValueRefusedError(f"JSON has at most {MOST_CHARACTERS:,} characters")
    if "\\u0000" in text:
        raise ValueRefusedError("a text holds no NUL")
    _refuse_unkept(text)
    return value


_READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
