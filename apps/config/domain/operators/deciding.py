"""if, and, or, !, !!"""

from typing import Any

from apps.config.domain.compiler import Call, Compiler, argument, is_literal, operator
from apps.config.domain.frames import Frame, Node
from apps.config.domain.values import truthy


@operator("if", "?:")
def choose(compiler: Compiler, call: Call) -> Node:
    nodes = compiler.nodes(call.arguments, call.place, inner=call.inner)
    if len(nodes) == 1:
        return nodes[0]
    pairs = list(zip(nodes[:-1:2], nodes[1::2], strict=False))
    otherwise = nodes[-1] if len(nodes) % 2 else _nothing
    _warn_of_unreachable(compiler, call)

    def decide(data: Any, frame: Frame) -> Any:
        for condition, result in pairs:
            held = condition(data, frame)
            if held is True or (held is not False and truthy(held)):
                return result(data, frame)
        return otherwise(data, frame)

    return decide


def _nothing(data: Any, frame: Frame) -> None:
    return None


def _warn_of_unreachable(compiler: Compiler, call: Call) -> None:
    for index in range(0, len(call.arguments) - 1, 2):
        condition = call.arguments[index]
        if is_literal(condition) and truthy(condition) and index + 2 < len(call.arguments):
            compiler.warn(call.at(index + 2), "unreachable", "the rule before it always holds")
            return


@operator("and")
def every(compiler: Compiler, call: Call) -> Node:
    nodes = compiler.nodes(call.arguments, call.place, inner=call.inner)
    if len(nodes) == 2:
        return _both(*nodes)

    def hold(data: Any, frame: Frame) -> Any:
        held: Any = None
        for node in nodes:
            held = node(data, frame)
            if held is not True and not truthy(held):
                return held
        return held

    return hold


def _both(first: Node, second: Node) -> Node:
    def hold(data: Any, frame: Frame) -> Any:
        held = first(data, frame)
        if held is True or (held is not False and truthy(held)):
            return second(data, frame)
        return held

    return hold


@operator("or")
def either(compiler: Compiler, call: Call) -> Node:
    nodes = compiler.nodes(call.arguments, call.place, inner=call.inner)

    def hold(data: Any, frame: Frame) -> Any:
        held: Any = None
        for node in nodes:
            held = node(data, frame)
            if held is True or (held is not False and truthy(held)):
                return held
        return held

    return hold


@operator("!")
def negation(compiler: Compiler, call: Call) -> Node:
    node = argument(compiler, call, 0)
    return lambda data, frame: not truthy(node(data, frame))


@operator("!!")
def affirmation(compiler: Compiler, call: Call) -> Node:
    node = argument(compiler, call, 0)
    return lambda data, frame: truthy(node(data, frame))
