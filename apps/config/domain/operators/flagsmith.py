"""Flagsmith's conditions: `septet.flagsmith` takes a text for whatever type the context has."""

import json
import operator as python
import re
from collections.abc import Callable
from typing import Any

from apps.config.domain import versions
from apps.config.domain.compiler import Call, Compiler, argument, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.patterns import PatternError, search

_WHOLE = re.compile(r"-?[0-9]{1,300}")
_DECIMAL = re.compile(r"-?[0-9]{1,300}\.[0-9]{1,300}")
_SEMVER = ":semver"

Test = Callable[[Any], bool]


def typed(value: Any) -> Any:
    """Read a context's value as Flagsmith does: a text of digits is a number."""
    if isinstance(value, str):
        if _WHOLE.fullmatch(value):
            return int(value)
        return float(value) if _DECIMAL.fullmatch(value) else value
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def build(wanted: Any) -> Test:
        text = str(wanted)
        edge = versions.parse(text.removesuffix(_SEMVER)) if text.endswith(_SEMVER) else None

        def test(value: Any) -> bool:
            try:
                if isinstance(value, bool):
                    return compare(value, text not in ("False", "false"))
                if isinstance(value, int | float):
                    return compare(value, type(value)(text))
                if not text.endswith(_SEMVER):
                    return compare(value, text)
            except (ValueError, TypeError, OverflowError):
                return False
            version = versions.parse(value)
            return version is not None and edge is not None and compare(version, edge)

        return test

    return build


def _contains(wanted: Any) -> Test:
    return lambda value: isinstance(value, str) and str(wanted) in value


def _lacks(wanted: Any) -> Test:
    return lambda value: isinstance(value, str) and str(wanted) not in value


def _pattern(wanted: Any) -> Test:
    # Python's re.match: from the beginning on.
    matches = search(f"^(?:{wanted})")
    return lambda value: matches(str(value))


def _modulo(wanted: Any) -> Test:
    try:
        divisor, rest = map(float, str(wanted).split("|"))
    except ValueError:
        return lambda value: False
    return lambda value: isinstance(value, int | float) and divisor != 0 and value % divisor == rest


def _among(wanted: Any) -> Test:
    listed = wanted
    if isinstance(wanted, str):
        listed = wanted.split(",")
        if wanted.startswith("["):
            try:
                listed = json.loads(wanted)
            except (ValueError, RecursionError):
                listed = wanted.split(",")
    texts = frozenset(str(item) for item in listed)
    return lambda value: (str(value) if type(value) is int else value) in texts


_TESTS: dict[str, Callable[[Any], Test]] = {
    "EQUAL": _comparison(python.eq),
    "NOT_EQUAL": _comparison(python.ne),
    "GREATER_THAN": _comparison(python.gt),
    "GREATER_THAN_INCLUSIVE": _comparison(python.ge),
    "LESS_THAN": _comparison(python.lt),
    "LESS_THAN_INCLUSIVE": _comparison(python.le),
    "CONTAINS": _contains,
    "NOT_CONTAINS": _lacks,
    "REGEX": _pattern,
    "MODULO": _modulo,
    "IN": _among,
}
OPERATORS = frozenset(_TESTS) | {"IS_SET", "IS_NOT_SET"}


@operator("septet.flagsmith")
def flagsmith(compiler: Compiler, call: Call) -> Node:
    """`[value, operator, text]`, or `[value]` for the value as Flagsmith reads it."""
    node = argument(compiler, call, 0)
    name = call.arguments[1] if len(call.arguments) > 1 else None
    if len(call.arguments) == 1:
        return lambda data, frame: typed(node(data, frame))
    if name in ("IS_SET", "IS_NOT_SET"):
        return lambda data, frame: (node(data, frame) is None) == (name == "IS_NOT_SET")
    if name not in _TESTS or len(call.arguments) != 3:
        return compiler.broken(call.at(1), "operator", f"one of {', '.join(_TESTS)}, not {name!r}")
    try:
        test = _TESTS[name](call.arguments[2])
    except (PatternError, TypeError) as error:
        return compiler.broken(call.at(2), "pattern", str(error))

    def holds(data: Any, frame: Frame) -> bool:
        value = typed(node(data, frame))
        return value is not None and test(value)

    return holds
