"""The filters of templates in Word: the functions of expressions that people know from Jinja."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jinja2.exceptions import FilterArgumentError
from jinja2.runtime import Undefined

from apps.documents.domain.expressions.locales import Locale, pattern_problem
from contracts.expressions.values import ARITHMETIC, normal

_MOST_DIGITS = 10
_LONGEST = 100


def filters(locale: Locale) -> dict[str, Callable[..., Any]]:
    """Return the filters of one document by their names."""
    return {
        "upper": lambda value: _text(value).upper(),
        "lower": lambda value: _text(value).lower(),
        "capitalize": lambda value: _text(value).capitalize(),
        "trim": lambda value: _text(value).strip(),
        "default": _default,
        "length": lambda value: len(_list(value)) if not isinstance(value, str) else len(value),
        "first": lambda value: next(iter(_list(value)), None),
        "last": lambda value: next(iter(reversed(_list(value))), None),
        "reverse": lambda value: list(reversed(_list(value))),
        "join": lambda value, sign="": _text(sign, _LONGEST).join(map(_text, _list(value))),
        "sum": lambda value, attribute=None: _sum(value, attribute),
        "sort": _sort,
        "round": lambda value, digits=0: _number(value).quantize(
            Decimal(1).scaleb(-_digits(digits)), ROUND_HALF_UP, ARITHMETIC
        ),
        "abs": lambda value: abs(_number(value)),
        "number": lambda value, digits=None: locale.number(
            _number(value), None if digits is None else _digits(digits)
        ),
        "currency": lambda value, code=None: locale.money(
            _number(value), None if code is None else _text(code, 3)
        ),
        "percent": lambda value, digits=0: locale.percent(_number(value), _digits(digits)),
        "date": lambda value, width="medium": locale.date(_moment(value), _pattern(width)),
        "datetime": lambda value, width="medium": locale.datetime(
            _at(value, locale), _pattern(width)
        ),
    }


def _nothing(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


def _default(value: Any, other: Any = "", empty: bool = False) -> Any:
    return other if _nothing(value) or (empty and not value) else value


def _text(value: Any, longest: int = 0) -> str:
    if _nothing(value):
        return ""
    if isinstance(value, bool | list | tuple | dict):
        raise FilterArgumentError("a text is needed here")
    if longest and len(str(value)) > longest:
        raise FilterArgumentError(f"at most {longest} characters are taken here")
    return str(value)


def _list(value: Any) -> Sequence[Any]:
    if _nothing(value):
        return ()
    if isinstance(value, list | tuple):
        return value
    raise FilterArgumentError("a list is needed here")


def _number(value: Any) -> Decimal:
    found = normal(value)
    if isinstance(found, Decimal) and abs(found) < Decimal(10) ** 24:
        return found
    raise FilterArgumentError("a number is needed here")


def _digits(value: Any) -> int:
    if isinstance(value, int) and 0 <= value <= _MOST_DIGITS:
        return value
    raise FilterArgumentError(f"digits are from 0 to {_MOST_DIGITS}")


def _of(value: Any, attribute: Any) -> Any:
    if attribute is None:
        return value
    return value.get(attribute) if isinstance(value, dict) else None


def _sum(value: Any, attribute: Any) -> Decimal:
    total = Decimal(0)
    for one in _list(value):
        total = ARITHMETIC.add(total, _number(_of(one, attribute)))
    return total


def _sort(value: Any, attribute: Any = None, reverse: Any = False) -> list[Any]:
    keyed = [(normal(_of(one, attribute)), one) for one in _list(value)]
    try:
        keyed.sort(key=lambda pair: pair[0], reverse=bool(reverse))  # type: ignore[arg-type, return-value]  # told below
    except TypeError:
        raise FilterArgumentError("what is sorted is all numbers or all texts") from None
    return [one for _, one in keyed]


def _pattern(width: Any) -> str:
    if not isinstance(width, str) or (problem := pattern_problem(width)):
        raise FilterArgumentError(problem if isinstance(width, str) else "a pattern is a text")
    return width


def _moment(value: Any) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        text = _text(value, _LONGEST)
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        raise FilterArgumentError(f"no date of ISO 8601: {str(value)[:40]!r}") from None


def _at(value: Any, locale: Locale) -> dt.datetime:
    found = _moment(value)
    if isinstance(found, dt.datetime):
        return found
    return dt.datetime.combine(found, dt.time(), locale.zone)
