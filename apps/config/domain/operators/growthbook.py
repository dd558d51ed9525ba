"""GrowthBook's conditions, which are MongoDB's with some more: `septet.growthbook`."""

import operator as python
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from apps.config.domain.compiler import Call, Compiler, argument, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.limits import LIST_LENGTH
from apps.config.domain.operators.reading import read
from apps.config.domain.patterns import PatternError, search
from apps.config.domain.values import kind, text

# True, False, or None where a condition says something that nobody knows: then nothing matches,
# whether it is negated or not.
Verdict = bool | None
Test = Callable[[Any], Verdict]

# Each of them is looked for in the whole list of a context.
_MOST_WANTED = 100
_ON_CONDITIONS = {"$or", "$nor", "$and", "$savedGroup", "$savedGroups"}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": python.eq,
    "ne": python.ne,
    "lt": python.lt,
    "lte": python.le,
    "gt": python.gt,
    "gte": python.ge,
}


@operator("septet.growthbook")
def growthbook(compiler: Compiler, call: Call) -> Node:
    """`[condition]` on the context, or `[condition, rule]` on `{"value": …}` of a rule's result."""
    condition = call.arguments[0] if call.arguments else None
    if not isinstance(condition, dict):
        return compiler.broken(call.place, "arguments", "a condition is an object")
    try:
        test = _condition(condition)
    except PatternError as error:
        return compiler.broken(call.place, "pattern", str(error))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        return compiler.broken(call.place, "arguments", f"not a condition: {error}")
    if len(call.arguments) > 1:
        value = argument(compiler, call, 1)
        return lambda data, frame: test({"value": value(data, frame)}) is True

    def holds(data: Any, frame: Frame) -> bool:
        data = data if isinstance(data, dict) else {}
        if "id" not in data and "targetingKey" in data:
            data = {**data, "id": data["targetingKey"]}
        return test(data) is True

    return holds


def _negated(test: Test) -> Test:
    return lambda value: None if (found := test(value)) is None else not found


def _every(verdicts: Iterable[Verdict]) -> Verdict:
    """One that fails decides it, wherever one is that nobody knows."""
    result: Verdict = True
    for verdict in verdicts:
        if verdict is False:
            return False
        result = result if verdict else None
    return result


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    result: Verdict = False
    for verdict in verdicts:
        if verdict:
            return True
        result = None if verdict is None else result
    return result


def _all_of(tests: list[Test]) -> Test:
    return lambda value: _every(test(value) for test in tests)


def _condition(given: Mapping[str, Any]) -> Test:
    return _all_of([_entry(key, value) for key, value in given.items()])


def _entry(key: str, value: Any) -> Test:
    if key == "$and":
        return _all_of([_condition(each) for each in value])
    if key in ("$or", "$nor"):
        tests = [_condition(each) for each in value]
        if not tests:
            return lambda data: key == "$or"
        either: Test = lambda data: _any(test(data) for test in tests)  # noqa: E731
        return either if key == "$or" else _negated(either)
    if key == "$not":
        return _negated(_condition(value))
    if key in ("$savedGroup", "$savedGroups"):
        return lambda data: False
    test = _value(value)
    parts = key.split(".")
    return lambda data: test(_read(data, parts))


def _read(data: Any, parts: list[str]) -> Any:
    """Follow a path; a list has members and a length, a text has none."""
    for part in parts:
        data = None if isinstance(data, str) else read(data, part)
    return data


def _is_operators(given: Any) -> bool:
    return isinstance(given, dict) and all(key.startswith("$") for key in given)


def _value(given: Any, *, ignore_case: bool = False) -> Test:
    if _is_operators(given):
        return _all_of([_operator(name, value) for name, value in given.items()])
    if ignore_case and isinstance(given, str):
        lowered = given.lower()
        return lambda value: isinstance(value, str) and value.lower() == lowered
    return lambda value: _same(given, value)


def _same(a: Any, b: Any) -> bool:
    """Equal as JSON: by type, and members of objects in the same order."""
    if kind(a) != kind(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    return bool(a == b)


def _identical(a: Any, b: Any) -> bool:
    """`===`: a list or an object is no other's equal."""
    return kind(a) == kind(b) and not isinstance(a, list | dict) and bool(a == b)


def _orderable(a: Any, b: Any) -> bool:
    return kind(a) == kind(b) and kind(a) in ("number", "string")


def _operator(name: str, given: Any) -> Test:  # noqa: C901, PLR0911  (one line for each)
    if name in ("$eq", "$ne"):
        return lambda value: _identical(value, given) == (name == "$eq")
    if name[1:] in _ORDERS:
        compare = _ORDERS[name[1:]]
        return lambda value: _orderable(value, given) and compare(value, given)
    if name[:2] == "$v" and name[2:] in _ORDERS:
        return _version(name, given)
    if name in _REGEX:
        return _pattern(name, given)
    if name in _MEMBERS:
        return _member(name, given)
    if name == "$elemMatch":
        return _element(given)
    if name == "$size":
        size = _value(given)
        return lambda value: isinstance(value, list) and size(len(value))
    if name in ("$all", "$alli"):
        return _contains_all(given, ignore_case=name == "$alli")
    if name == "$exists":
        return lambda value: (value is not None) == bool(given)
    if name == "$type":
        return lambda value: kind(value) == given
    if name == "$not":
        return _negated(_value(given))
    return lambda value: False if name in _ON_CONDITIONS else None


def _version(name: str, given: Any) -> Test:
    compare, wanted = _ORDERS[name[2:]], _padded(text(given) if given else "0")

    def test(value: Any) -> bool:
        if not _orderable(value, given):
            return name == "$vne"
        return compare(_padded(text(value) if value else "0"), wanted)

    return test


@lru_cache(maxsize=1024)
def _padded(version: str) -> str:
    """Make versions sort as texts: numbers to the right, and the bare one after its candidates."""
    parts = re.split(r"[-.]", re.sub(r"(^v|\+.*$)", "", version))
    if len(parts) == 3:
        parts.append("~")
    return "-".join(part.rjust(5) if part.isdigit() else part for part in parts)


_REGEX = {"$regex", "$regexi", "$notRegex", "$notRegexi"}


def _pattern(name: str, given: Any) -> Test:
    negative = name.startswith("$not")
    if not isinstance(given, str):
        return lambda value: negative
    matches = search(given, ignore_case=name.endswith("i"))
    return lambda value: (isinstance(value, str) and matches(value)) != negative


_MEMBERS = {"$in", "$nin", "$ini", "$nini"}


def _member(name: str, given: Any) -> Test:
    if not isinstance(given, list):
        return lambda value: False
    fold = name.endswith("i")
    items = [_folded(item) if fold else item for item in given]
    # With their types: to Python true is 1.
    known = frozenset((kind(item), item) for item in items if not isinstance(item, dict | list))

    def among(value: Any) -> bool:
        if isinstance(value, dict | list):
            return False
        return (kind(value), _folded(value) if fold else value) in known

    def test(value: Any) -> bool:
        found = any(map(among, value)) if isinstance(value, list) else among(value)
        return found != name.startswith("$n")

    return test


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _element(given: Any) -> Test:
    on_value = _is_operators(given) and not _ON_CONDITIONS & given.keys()
    test = _value(given) if on_value else _condition(given)

    def matches(value: Any) -> Verdict:
        if not isinstance(value, list):
            return False
        items = [item for item in value if item is not None]
        if not on_value:
            items = [item if isinstance(item, dict | list) else {} for item in items]
        return _any(test(item) for item in items)

    return matches


def _contains_all(given: Any, *, ignore_case: bool) -> Test:
    if not isinstance(given, list):
        return lambda value: False
    if len(given) > _MOST_WANTED:
        raise ValueError(f"$all of more than {_MOST_WANTED}")
    tests = [_value(each, ignore_case=ignore_case) for each in given]

    def matches(value: Any) -> Verdict:
        if not isinstance(value, list) or len(value) > LIST_LENGTH:
            return False
        return _every(_any(test(item) for item in value) for test in tests)

    return matches
