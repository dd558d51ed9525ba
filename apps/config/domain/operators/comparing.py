"""==, ===, <, in and their like."""

import operator as python
from collections.abc import Callable
from typing import Any

from apps.config.domain.compiler import Call, Compiler, argument, is_literal, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.operators.reading import plain_key
from apps.config.domain.values import compares, contains, loosely_equal, strictly_equal


@operator("==")
def equal(compiler: Compiler, call: Call) -> Node:
    return _equality(compiler, call, loosely_equal)


@operator("===")
def same(compiler: Compiler, call: Call) -> Node:
    return _equality(compiler, call, strictly_equal)


@operator("!=")
def unequal(compiler: Compiler, call: Call) -> Node:
    node = _equality(compiler, call, loosely_equal)
    return lambda data, frame: not node(data, frame)


@operator("!==")
def not_same(compiler: Compiler, call: Call) -> Node:
    node = _equality(compiler, call, strictly_equal)
    return lambda data, frame: not node(data, frame)


def _equality(compiler: Compiler, call: Call, compare: Callable[[Any, Any], bool]) -> Node:
    for one, other in ((0, 1), (1, 0)):
        if len(call.arguments) == 2 and isinstance(call.arguments[other], str):
            key = plain_key(compiler, call.arguments[one], call)
            if key is not None:
                return _equals_text(key, call.arguments[other], compare)
    a, b = argument(compiler, call, 0), argument(compiler, call, 1)
    return lambda data, frame: compare(a(data, frame), b(data, frame))


def _equals_text(key: str, wanted: str, compare: Callable[[Any, Any], bool]) -> Node:
    def equals(data: Any, frame: Frame) -> bool:
        found = data.get(key)
        return found == wanted if type(found) is str else compare(found, wanted)

    return equals


def _order(name: str, compare: Callable[[Any, Any], bool]) -> None:
    @operator(name)
    def ordered(compiler: Compiler, call: Call) -> Node:
        nodes = [argument(compiler, call, index) for index in range(3)]
        a, b, c = nodes
        if len(call.arguments) < 3:
            return lambda data, frame: compare(a(data, frame), b(data, frame))

        def between(data: Any, frame: Frame) -> bool:
            low, middle, high = a(data, frame), b(data, frame), c(data, frame)
            return compare(low, middle) and (high is None or compare(middle, high))

        return between


for _name, _compare in {
    "<": compares(python.lt, python.lt),
    "<=": compares(python.le, python.le),
    ">": compares(python.gt, python.gt),
    ">=": compares(python.ge, python.ge),
}.items():
    _order(_name, _compare)


@operator("in")
def within(compiler: Compiler, call: Call) -> Node:
    needle = argument(compiler, call, 0)
    haystack = call.arguments[1] if len(call.arguments) > 1 else None
    if isinstance(haystack, list) and is_literal(haystack):
        return _among(needle, haystack)
    place = argument(compiler, call, 1)
    return lambda data, frame: contains(place(data, frame), needle(data, frame))


def _among(needle: Node, haystack: list[Any]) -> Node:
    texts = frozenset(item for item in haystack if isinstance(item, str))

    def among(data: Any, frame: Frame) -> bool:
        found = needle(data, frame)
        return found in texts if type(found) is str else contains(haystack, found)

    return among


@operator("septet.not_in")
def without(compiler: Compiler, call: Call) -> Node:
    node = within(compiler, call)
    return lambda data, frame: not node(data, frame)
