"""LaunchDarkly's clauses: `septet.launchdarkly` compares without ever converting a type."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.config.domain import versions
from apps.config.domain.compiler import Call, Compiler, argument, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.limits import TEXT_LENGTH
from apps.config.domain.patterns import PatternError, search

Test = Callable[[Any], bool]

# Each of them is tried on each item of a list in the context.
_MOST_WANTED = 10_000


def _same(wanted: Any) -> Test:
    return lambda value: isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _text(test: Callable[[str, str], bool]) -> Callable[[Any], Test]:
    return lambda wanted: (
        lambda value: (
            isinstance(value, str)
            and isinstance(wanted, str)
            and len(value) <= TEXT_LENGTH
            and test(value, wanted)
        )
    )


def _pattern(wanted: Any) -> Test:
    if not isinstance(wanted, str):
        return _never
    matches = search(wanted)
    return lambda value: isinstance(value, str) and matches(value)


def _order(read: Callable[[Any], Any], test: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def build(wanted: Any) -> Test:
        edge = read(wanted)
        if edge is None:
            return _never

        def holds(value: Any) -> bool:
            found = read(value)
            return found is not None and test(found, edge)

        return holds

    return build


def _never(_value: Any) -> bool:
    return False


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: Any) -> float | None:
    """Read RFC 3339, or Unix milliseconds."""
    if not isinstance(value, str):
        return _number(value)
    try:
        moment = datetime.fromisoformat(value) if len(value) <= 64 else None
    except ValueError:
        return None
    return moment.timestamp() * 1000 if moment and moment.tzinfo else None


def _version(value: Any) -> versions.Version | None:
    """Read a version; `2` and `2.1` are filled up, and a leading `v` is not taken."""
    return versions.lenient(value) if isinstance(value, str) and value[:1].isdigit() else None


_TESTS: dict[str, Callable[[Any], Test]] = {
    "in": _same,
    "startsWith": _text(str.startswith),
    "endsWith": _text(str.endswith),
    "contains": _text(str.__contains__),
    "matches": _pattern,
    "lessThan": _order(_number, lambda a, b: a < b),
    "lessThanOrEqual": _order(_number, lambda a, b: a <= b),
    "greaterThan": _order(_number, lambda a, b: a > b),
    "greaterThanOrEqual": _order(_number, lambda a, b: a >= b),
    "before": _order(_moment, lambda a, b: a < b),
    "after": _order(_moment, lambda a, b: a > b),
    "semVerEqual": _order(_version, lambda a, b: a == b),
    "semVerLessThan": _order(_version, lambda a, b: a < b),
    "semVerGreaterThan": _order(_version, lambda a, b: a > b),
}
OPERATORS = frozenset(_TESTS)


@operator("septet.launchdarkly")
def clause(compiler: Compiler, call: Call) -> Node:
    """`[value, path, operator, values, negate]`: the path leads on from the value."""
    if len(call.arguments) != 5 or not all(isinstance(call.arguments[n], list) for n in (1, 3)):
        return compiler.broken(
            call.place, "arguments", "a value, a path, an operator, a list of values, and a boolean"
        )
    _, path, name, wanted, negate = call.arguments
    if name not in list(_TESTS):
        return compiler.broken(call.at(2), "operator", f"one of {', '.join(_TESTS)}, not {name!r}")
    if len(wanted) > _MOST_WANTED:
        return compiler.broken(call.at(3), "arguments", f"at most {_MOST_WANTED} values")
    try:
        test = _any_of(name, wanted)
    except PatternError as error:
        return compiler.broken(call.at(3), "pattern", str(error))
    node = argument(compiler, call, 0)

    def holds(data: Any, frame: Frame) -> bool:
        value = node(data, frame)
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            # Nothing holds of what is not there, not even the opposite.
            return False
        if isinstance(value, list):
            frame.turn(len(value) * len(wanted))
            return any(map(test, value)) is not negate
        return test(value) is not negate

    compiler.needs_frame = True
    return holds


def _any_of(name: str, wanted: list[Any]) -> Test:
    if name == "in" and all(isinstance(each, str) for each in wanted):
        texts = frozenset(wanted)
        return lambda value: isinstance(value, str) and value in texts
    tests = [_TESTS[name](each) for each in wanted]
    return lambda value: any(test(value) for test in tests)
