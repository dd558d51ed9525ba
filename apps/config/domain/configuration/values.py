"""Values of a configuration: what JSON holds, held to a type and to bounds."""

import math
import re
from enum import StrEnum
from typing import Any, NoReturn

from apps.config.domain.findings import Finding, InvalidDefinitionError, under
from apps.config.domain.limits import Limits
from apps.config.domain.parsing import read

#: Of a value, whatever its type.
LIMITS = Limits(definition_bytes=100_000, depth=16, nodes=5_000)
MOST_MEMBER_NAME = 150
MOST_KEY = 200
#: Beyond these a Java or a Go program reads another number.
INTEGERS = range(-(2**63), 2**63)

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_DURATION = re.compile(r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,3})?(ms|s|m|h|d)")
# No text of ours, or of any format we write, may hold these.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Kind(StrEnum):
    """The type of a configuration's values."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    #: A text such as `500ms`, `30s`, `15m`, `12h` or `7d`.
    DURATION = "duration"
    OBJECT = "object"
    LIST = "list"


_FORMS: dict[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.INTEGER: (int,),
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: (bool,),
    Kind.DURATION: (str,),
    Kind.OBJECT: (dict,),
    Kind.LIST: (list,),
}


def is_key(text: str) -> bool:
    """Say whether programs may ask for a configuration by this: `mail.host`, `retry-limit`."""
    return len(text) <= MOST_KEY and _KEY.fullmatch(text) is not None


def parse_value(text: str, kind: Kind) -> Any:
    """Read a value from its JSON; `1.0` stays a float.

    Raises InvalidDefinitionError with the place of what is wrong, but never with the value: it
    may be a secret.
    """
    value = read(text, LIMITS)
    check_type(value, kind)
    _Bounds().check(value, "", 0)
    return value


def check_type(value: Any, kind: Kind) -> None:
    """Raise InvalidDefinitionError unless a value is of this type."""
    fits = isinstance(value, _FORMS[kind]) and (kind is Kind.BOOLEAN or not isinstance(value, bool))
    if not fits:
        refuse("", "type", f"expected {kind}, found {_name(value)}")
    if kind is Kind.DURATION and _DURATION.fullmatch(value) is None:
        refuse("", "duration", "expected a time such as 500ms, 30s, 15m, 12h or 7d")


def refuse(place: str, code: str, message: str) -> NoReturn:
    """Raise InvalidDefinitionError with this one finding."""
    raise InvalidDefinitionError([Finding(place, code, message)])


class _Bounds:
    """Counts while it looks."""

    def __init__(self) -> None:
        self._nodes = 0

    def check(self, value: Any, place: str, depth: int) -> None:
        self._nodes += 1
        if depth > LIMITS.depth:
            refuse(place, "depth", f"a value nests at most {LIMITS.depth} deep")
        if self._nodes > LIMITS.nodes:
            refuse("", "size", f"a value holds at most {LIMITS.nodes} others")
        if isinstance(value, dict):
            for name, one in value.items():
                if len(name) > MOST_MEMBER_NAME or _NO_TEXT.search(name):
                    refuse(
                        place,
                        "name",
                        f"a name has at most {MOST_MEMBER_NAME} characters and no NUL",
                    )
                self.check(one, under(place, name), depth + 1)
        elif isinstance(value, list):
            for number, one in enumerate(value):
                self.check(one, under(place, number), depth + 1)
        else:
            _check_scalar(value, place)


def _check_scalar(value: Any, place: str) -> None:
    if isinstance(value, str) and _NO_TEXT.search(value):
        refuse(place, "text", "a text holds no NUL and no half of a surrogate pair")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(place, "number", "the number is too large")
    if isinstance(value, int) and value not in INTEGERS:
        refuse(place, "number", "an integer has at most 64 bits")


def _name(value: Any) -> str:
    if value is None:
        return "null"
    names = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}
    return names.get(type(value), "list")
