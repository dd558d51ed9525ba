"""What expressions work with: null, true and false, numbers, texts, dates, lists and objects."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, TypeAlias

Value: TypeAlias = (
    bool | Decimal | str | dt.date | dt.datetime | Sequence[Any] | Mapping[str, Any] | None
)

#: decimal128 of IEEE 754: what databases and ledgers of others compute with.
ARITHMETIC = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


def normal(value: Any) -> Value:
    """Return what JSON gave as what expressions work with; lists are made so when they are read."""
    if type(value) is int:
        return ARITHMETIC.create_decimal(value)
    if type(value) is float:
        return ARITHMETIC.create_decimal(repr(value))
    return value  # type: ignore[no-any-return]  # what reads the data lets nothing else in


def kind(value: Value) -> str:  # noqa: PLR0911  (one case for each)
    """Return the name of a value's type as people are told it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dt.datetime):
        return "datetime"
    if isinstance(value, dt.date):
        return "date"
    return "object" if isinstance(value, Mapping) else "list"


def truth(value: Value) -> bool:
    """Return whether a value counts as true: null, false, 0, and what is empty do not."""
    return bool(value)


def plain(value: Value) -> str:
    """Return a value as text in no locale: numbers in full, dates by ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"a {kind(value)} is no text")


def number_text(value: Decimal) -> str:
    """Return a number with the digits that it has; beyond 34 places, with an exponent."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -34 <= exponent <= 0:
        return format(value, "f")
    if 0 < value.adjusted() < 34:
        return format(value, "f")
    return str(value)
