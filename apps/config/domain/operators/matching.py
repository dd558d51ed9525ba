"""Texts, versions, addresses, instants: flagd's own operators, and more under `septet.`."""

import ipaddress
import operator as python
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apps.config.domain import versions
from apps.config.domain.compiler import Call, Compiler, argument, is_literal, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.limits import TEXT_LENGTH
from apps.config.domain.operators.reading import plain_key
from apps.config.domain.patterns import PatternError, search

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
    "equals": str.__eq__,
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}


def expect(compiler: Compiler, call: Call, *counts: int) -> bool:
    """Note an operator with too many arguments or too few."""
    if len(call.arguments) in counts:
        return True
    wanted = " or ".join(map(str, counts))
    compiler.error(
        call.place,
        "arguments",
        f"{call.name} takes {wanted} arguments, here are {len(call.arguments)}",
    )
    return False


def nothing(data: Any, frame: Frame) -> Any:
    """Answer null, as flagd's operators do when they cannot be carried out."""
    return None


@operator("starts_with", "ends_with")
def affix(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 2):
        return nothing
    test, wanted = _TESTS[call.name], call.arguments[1]
    key = plain_key(compiler, call.arguments[0], call)
    if is_literal(wanted) and not isinstance(wanted, str):
        compiler.error(call.at(1), "type", f"{call.name} compares with a text, not {wanted!r}")
    if key is not None and isinstance(wanted, str):
        return _affix_of(key, wanted, test)
    a, b = argument(compiler, call, 0), argument(compiler, call, 1)

    def holds(data: Any, frame: Frame) -> bool | None:
        whole, part = a(data, frame), b(data, frame)
        return test(whole, part) if isinstance(whole, str) and isinstance(part, str) else None

    return holds


def _affix_of(key: str, wanted: str, test: Callable[[str, str], bool]) -> Node:
    def holds(data: Any, frame: Frame) -> bool | None:
        whole = data.get(key)
        return test(whole, wanted) if isinstance(whole, str) else None

    return holds


@operator("sem_ver")
def sem_ver(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 3):
        return nothing
    _check_version(compiler, call)
    a, name, b = (argument(compiler, call, index) for index in range(3))

    def holds(data: Any, frame: Frame) -> bool | None:
        compare = versions.COMPARISONS.get(str(name(data, frame)))
        one, other = versions.as_version(a(data, frame)), versions.as_version(b(data, frame))
        if compare is None or one is None or other is None:
            return None
        return compare(one, other)

    return holds


def _check_version(compiler: Compiler, call: Call) -> None:
    name, version = call.arguments[1:]
    if is_literal(name) and name not in list(versions.COMPARISONS):
        compiler.error(call.at(1), "operator", f"sem_ver knows no {name!r}")
    if is_literal(version) and versions.as_version(version) is None:
        compiler.error(call.at(2), "version", f"{version!r} is no semantic version")


@operator("septet.semver")
def semver(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 2):
        return nothing
    expression = call.arguments[1]
    matches = versions.parse_range(expression) if isinstance(expression, str) else None
    if matches is None:
        return compiler.broken(call.at(1), "version", f"{expression!r} is no range of versions")
    node = argument(compiler, call, 0)

    def holds(data: Any, frame: Frame) -> bool:
        version = versions.as_version(node(data, frame))
        return version is not None and matches(version)

    return holds


@operator("septet.text")
def text_test(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 3, 4):
        return nothing
    name, wanted = call.arguments[1:3]
    parts = wanted if isinstance(wanted, list) else [wanted]
    ignore_case = call.arguments[3:] == [True]
    test = _TESTS.get(name) if isinstance(name, str) else None
    if test is None:
        return compiler.broken(call.at(1), "operator", f"one of {', '.join(_TESTS)}, not {name!r}")
    if not all(isinstance(part, str) for part in parts):
        return compiler.broken(call.at(2), "type", "a text or a list of texts, written out")
    node = argument(compiler, call, 0)
    if ignore_case:
        parts = [part.lower() for part in parts]

    def holds(data: Any, frame: Frame) -> bool:
        whole = node(data, frame)
        # Thousands of parts are looked for in it.
        if not isinstance(whole, str) or len(whole) > TEXT_LENGTH:
            return False
        whole = whole.lower() if ignore_case else whole
        return any(test(whole, part) for part in parts)

    return holds


@operator("septet.regex")
def regex(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 2, 3):
        return nothing
    pattern = call.arguments[1]
    if not isinstance(pattern, str):
        return compiler.broken(call.at(1), "pattern", "a pattern is written out as a text")
    try:
        matches = search(pattern, ignore_case=call.arguments[2:] == [True])
    except PatternError as error:
        return compiler.broken(call.at(1), "pattern", str(error))
    node = argument(compiler, call, 0)

    def holds(data: Any, frame: Frame) -> bool:
        found = node(data, frame)
        return isinstance(found, str) and matches(found)

    return holds


@operator("septet.cidr")
def cidr(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 2):
        return nothing
    given = call.arguments[1] if isinstance(call.arguments[1], list) else [call.arguments[1]]
    networks = []
    for network in given:
        if not isinstance(network, str) or not is_network(network):
            return compiler.broken(call.at(1), "network", f"{network!r} is no address or network")
        networks.append(ipaddress.ip_network(network, strict=False))
    node = argument(compiler, call, 0)

    def holds(data: Any, frame: Frame) -> bool:
        found = node(data, frame)
        # A number would pass as an address too: 0 is 0.0.0.0 to the library.
        if not isinstance(found, str):
            return False
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any(address in network or (mapped and mapped in network) for network in networks)

    return holds


def is_network(text: str) -> bool:
    """Whether it is an address or a network of IPv4 or IPv6."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


@operator("septet.date")
def date(compiler: Compiler, call: Call) -> Node:
    if not expect(compiler, call, 3):
        return nothing
    compare = _ORDERS.get(call.arguments[1]) if isinstance(call.arguments[1], str) else None
    if compare is None:
        names = ", ".join(_ORDERS)
        return compiler.broken(call.at(1), "operator", f"one of {names}, not {call.arguments[1]!r}")
    for index in (0, 2):
        given = call.arguments[index]
        if is_literal(given) and instant(given) is None:
            return compiler.broken(call.at(index), "date", f"{given!r} is no date and time")
    a, b = argument(compiler, call, 0), argument(compiler, call, 2)

    def holds(data: Any, frame: Frame) -> bool:
        one, other = instant(a(data, frame)), instant(b(data, frame))
        return one is not None and other is not None and compare(one, other)

    return holds


def instant(value: Any) -> float | None:
    """Read ISO 8601, UTC where it names no zone, or Unix seconds like `$flagd.timestamp`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e15 else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
