"""map, filter, reduce, all, some, none, merge."""

from collections.abc import Callable
from typing import Any

from apps.config.domain.compiler import Call, Compiler, argument, operator
from apps.config.domain.frames import EvaluationError, Frame, Node
from apps.config.domain.limits import LIST_LENGTH
from apps.config.domain.values import truthy


def _items(compiler: Compiler, call: Call) -> Node:
    """Compile the list that is walked; its length is paid for before the walk."""
    compiler.needs_frame = True
    node = argument(compiler, call, 0)

    def items(data: Any, frame: Frame) -> list[Any] | None:
        found = node(data, frame)
        if not isinstance(found, list):
            return None
        frame.turn(len(found))
        return found

    return items


def _rule(compiler: Compiler, call: Call) -> Node:
    if len(call.arguments) < 2:
        return lambda data, frame: None
    return compiler.node(call.arguments[1], call.at(1), inner=True)


@operator("map")
def each(compiler: Compiler, call: Call) -> Node:
    items, rule = _items(compiler, call), _rule(compiler, call)
    return lambda data, frame: [rule(item, frame) for item in items(data, frame) or ()]


@operator("filter")
def chosen(compiler: Compiler, call: Call) -> Node:
    items, rule = _items(compiler, call), _rule(compiler, call)
    return lambda data, frame: [
        item for item in items(data, frame) or () if truthy(rule(item, frame))
    ]


@operator("reduce")
def folded(compiler: Compiler, call: Call) -> Node:
    items, rule = _items(compiler, call), _rule(compiler, call)
    initial = argument(compiler, call, 2)

    def fold(data: Any, frame: Frame) -> Any:
        result = initial(data, frame)
        for item in items(data, frame) or ():
            result = rule({"current": item, "accumulator": result}, frame)
            if isinstance(result, list):
                frame.turn(_size(result, frame.turns))
        return result

    return fold


def _size(items: list[Any], most: int) -> int:
    """Count what a walk would meet: `[acc, acc]` is twice as much with every turn."""
    size, waiting = 0, [items]
    while waiting and size <= most:
        found = waiting.pop()
        size += len(found)
        waiting.extend(item for item in found if isinstance(item, list))
    return size


def _quantifier(name: str, decide: Callable[[list[Any], Node, Frame], bool], empty: bool) -> None:
    @operator(name)
    def quantified(compiler: Compiler, call: Call) -> Node:
        items, rule = _items(compiler, call), _rule(compiler, call)

        def holds(data: Any, frame: Frame) -> bool:
            found = items(data, frame)
            return decide(found, rule, frame) if found else empty

        return holds


# JsonLogic's `all` of nothing is false.
_quantifier("all", lambda items, rule, frame: all(truthy(rule(i, frame)) for i in items), False)
_quantifier("some", lambda items, rule, frame: any(truthy(rule(i, frame)) for i in items), False)
_quantifier("none", lambda items, rule, frame: not any(truthy(rule(i, frame)) for i in items), True)


@operator("merge")
def merged(compiler: Compiler, call: Call) -> Node:
    nodes = [argument(compiler, call, index) for index in range(len(call.arguments))]

    def merge(data: Any, frame: Frame) -> list[Any]:
        items: list[Any] = []
        for node in nodes:
            found = node(data, frame)
            items.extend(found if isinstance(found, list) else [found])
        if len(items) > LIST_LENGTH:
            raise EvaluationError(f"merge made a list longer than {LIST_LENGTH}")
        return items

    return merge
