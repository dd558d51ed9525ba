"""JavaScript's conversions and comparisons, by which JsonLogic is defined."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

NAN = math.nan
# A number as JavaScript reads it; Python's float() would take underscores and `nan` too.
_NUMBER = re.compile(r"[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_BASED = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", re.ASCII)
_LARGEST = 2**63


def truthy(value: Any) -> bool:
    """JsonLogic's own idea of it: an empty list is false, `"0"` and `{}` are true."""
    if value is None or value is False:
        return False
    if type(value) is float:
        return value != 0.0 and not math.isnan(value)
    return isinstance(value, dict) or bool(value)


def number(value: Any) -> int | float:
    """Return what JavaScript's Number() says, NaN when it is none."""
    if isinstance(value, int | float):
        return value
    if value is None:
        return 0
    if isinstance(value, list):
        return number(text(value))
    if isinstance(value, str):
        return _parsed(value.strip())
    return NAN


def _parsed(digits: str) -> int | float:
    if not digits:
        return 0
    if _NUMBER.fullmatch(digits):
        return float(digits)
    if _BASED.fullmatch(digits) and len(digits) < 100:
        return int(digits, 0)
    return NAN


def text(value: Any) -> str:
    """Return what JavaScript's String() says."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


def _decimal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits, _, exponent = repr(value).partition("e")
    if exponent and not -7 < int(exponent) < 21:
        return f"{digits.removesuffix('.0')}e{int(exponent):+d}"
    # Python writes an exponent from 1e16 on and below 1e-4.
    whole = format(Decimal(repr(value)), "f") if exponent else digits
    return whole.removesuffix(".0")


def loosely_equal(a: Any, b: Any) -> bool:
    """`==` of JavaScript: numbers and text meet as numbers, null equals null alone."""
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    if a is None or b is None:
        return a is b
    if isinstance(a, list | dict) and isinstance(b, list | dict):
        return a is b
    if isinstance(a, list | dict):
        a = text(a)
    elif isinstance(b, list | dict):
        b = text(b)
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    return number(a) == number(b)


def strictly_equal(a: Any, b: Any) -> bool:
    """`===`, but lists and objects by what they hold, as every evaluator of flagd does."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(strictly_equal, a, b))
    return bool(a == b)


def contains(haystack: Any, needle: Any) -> bool:
    """`in` of JsonLogic: a member of a list, or a part of a text."""
    if isinstance(haystack, list):
        if isinstance(needle, str):
            return needle in haystack
        return any(strictly_equal(needle, item) for item in haystack)
    return isinstance(haystack, str) and text(needle) in haystack


def compares(
    texts: Callable[[str, str], bool], numbers: Callable[[float, float], bool]
) -> Callable[[Any, Any], bool]:
    """Two texts meet as texts, anything else as numbers."""

    def compare(a: Any, b: Any) -> bool:
        if isinstance(a, list | dict):
            a = text(a)
        if isinstance(b, list | dict):
            b = text(b)
        if isinstance(a, str) and isinstance(b, str):
            return texts(a, b)
        return numbers(number(a), number(b))

    return compare


def bounded(value: float) -> int | float:
    """Let an integer that no 64 bits hold go on as a float: reduce could square it for ever."""
    if type(value) is int and not -_LARGEST < value < _LARGEST:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def divided(a: float, b: float) -> int | float:
    """Divide as JavaScript does: by zero there is infinity, or nothing."""
    try:
        return a / b
    except ZeroDivisionError:
        return NAN if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    except OverflowError:
        return math.inf


def remainder(a: float, b: float) -> int | float:
    """`%` with the sign of its left side."""
    if b == 0 or math.isinf(a) or math.isnan(a) or math.isnan(b):
        return NAN
    if isinstance(a, int) and isinstance(b, int):
        return int(math.copysign(abs(a) % abs(b), a)) if abs(a) < 2**53 else a % b
    return math.fmod(a, b)


def kind(value: Any) -> str:
    """Return which of the four types of a flag a value has, or what it is instead."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    return "null" if value is None else "array"
