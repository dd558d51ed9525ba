"""One text for one JSON value: the JSON Canonicalization Scheme, RFC 8785."""

from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

import orjson

#: Integers up to here are doubles, each its own (RFC 7493, section 2.2).
MOST_EXACT = 2**53 - 1
#: Nothing of ours is as deep, and Python's stack is finite.
MAX_DEPTH = 100
#: Values of these types are written in one way only.
_ORDINARY = frozenset({str, bool, type(None)})
_TEXT = frozenset({str})
_HALF = "a text holds half of a surrogate pair"


class CanonicalError(ValueError):
    """A value that has no canonical form: JSON as other programs read it does not hold it."""


def canonical(value: Any) -> bytes:
    """Return the canonical form of a JSON value; raises CanonicalError when it has none.

    Numbers are doubles. An integer that is none is refused and not rounded: of two values that
    differ, the canonical forms do too.
    """
    try:
        return written(value) if is_ordinary(value) else _text(value).encode()
    except UnicodeEncodeError:
        raise CanonicalError(_HALF) from None


def written(value: Any) -> bytes:
    """Return the canonical form of a value that is ordinary; raises CanonicalError."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise CanonicalError(_HALF) from None


def is_ordinary(value: Any, depth: int = 0) -> bool:
    """Say whether the fast encoder writes this as the RFC does; refuses what is too deep.

    It writes floats in another form, and sorts keys by code point and not by UTF-16 unit.
    """
    if depth > MAX_DEPTH:
        raise CanonicalError(f"a value is nested deeper than {MAX_DEPTH}")
    kind = type(value)
    if kind is dict:
        ordinary = _TEXT.issuperset(map(type, value)) and "".join(value).isascii()
        items = value.values()
    elif kind is list or kind is tuple:
        ordinary, items = True, value
    else:
        return kind in _ORDINARY or (kind is int and -MOST_EXACT <= value <= MOST_EXACT)
    if _ORDINARY.issuperset(map(type, items)):
        return ordinary
    # All of it is looked at, also after something that is not ordinary: for the depth.
    for item in items:
        if not is_ordinary(item, depth + 1):
            ordinary = False
    return ordinary


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_text, value))}]"
    raise CanonicalError(f"JSON holds no {type(value).__name__}")


def _object(value: dict[Any, Any]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise CanonicalError("a key of an object is no text")
    # Section 3.2.3: by UTF-16 code units, so that U+10000 comes before U+E000.
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return f"{{{','.join(f'{encode_basestring(key)}:{_text(value[key])}' for key in keys)}}}"


def _integer(value: int) -> str:
    if -MOST_EXACT <= value <= MOST_EXACT:
        return str(value)
    # A database may give a large double back as an integer: it is the same number.
    try:
        text = _double(float(value))
    except OverflowError:
        text = ""
    if not text or Decimal(text) != value:
        raise CanonicalError(
            "a number has more digits than a double holds: tell it as a text"
        ) from None
    return text


def _double(value: float) -> str:
    """Return a number as ECMAScript writes it (ECMA-262, Number::toString)."""
    if not isfinite(value):
        raise CanonicalError(f"JSON holds no {value}")
    if value == 0:
        return "0"
    # Python gives the shortest digits that make this double, as ECMAScript does.
    sign, shortest, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, shortest))
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    if len(digits) <= point <= 21:
        return f"{minus}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1:+d}"
