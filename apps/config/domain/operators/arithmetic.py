"""Numbers and texts: + - * / % min max cat substr."""

import math
from collections.abc import Callable
from typing import Any

from apps.config.domain.compiler import Call, Compiler, argument, operator
from apps.config.domain.frames import EvaluationError, Frame, Node
from apps.config.domain.limits import BUILT_LENGTH
from apps.config.domain.values import NAN, bounded, divided, number, remainder, text

# Beyond the end of any text.
_FAR = 2**31


def _eager(name: str, apply: Callable[..., Any]) -> None:
    """Make an operator of a function of all its arguments' values."""

    @operator(name)
    def build(compiler: Compiler, call: Call) -> Node:
        nodes = [argument(compiler, call, index) for index in range(len(call.arguments))]
        return lambda data, frame: apply(*[node(data, frame) for node in nodes])


def _sum(*items: Any) -> int | float:
    return bounded(sum(map(number, items)))


def _product(*items: Any) -> int | float:
    product: int | float = 1
    for item in items:
        product = bounded(product * number(item))
    return product


def _difference(a: Any = None, b: Any = None, *rest: Any) -> int | float:
    return bounded(-number(a) if b is None else number(a) - number(b))


def _quotient(a: Any = None, b: Any = None, *rest: Any) -> int | float:
    return divided(number(a), number(b))


def _remainder(a: Any = None, b: Any = None, *rest: Any) -> int | float:
    return remainder(number(a), number(b))


def _extreme(pick: Callable[..., int | float]) -> Callable[..., int | float]:
    def extreme(*items: Any) -> int | float:
        numbers = [number(item) for item in items]
        if not numbers or any(map(math.isnan, numbers)):
            return NAN
        return pick(numbers)

    return extreme


@operator("cat")
def concatenation(compiler: Compiler, call: Call) -> Node:
    nodes = [argument(compiler, call, index) for index in range(len(call.arguments))]

    def join(data: Any, frame: Frame) -> str:
        joined = "".join([text(node(data, frame)) for node in nodes])
        if len(joined) > BUILT_LENGTH:
            raise EvaluationError(f"cat made a text longer than {BUILT_LENGTH}")
        if call.inner:
            # Many of them stay in memory where a list is made of them.
            frame.turn(len(joined) // 64)
        return joined

    return join


def _part(string: Any = None, start: Any = None, length: Any = None, *rest: Any) -> str:
    whole = text(string)
    begin = _whole(start)
    begin = max(0, len(whole) + begin) if begin < 0 else begin
    rest_of_it = whole[begin:]
    if length is None:
        return rest_of_it
    size = _whole(length)
    return rest_of_it[: max(0, len(rest_of_it) + size) if size < 0 else size]


def _whole(value: Any) -> int:
    """Cut off what is behind the point."""
    given = number(value)
    return 0 if math.isnan(given) else int(max(-_FAR, min(_FAR, given)))


def _log(value: Any = None, *rest: Any) -> Any:
    """Pass its value on: what a rule says goes to no log, where contexts must not be."""
    return value


_EAGER: dict[str, Callable[..., Any]] = {
    "+": _sum,
    "*": _product,
    "-": _difference,
    "/": _quotient,
    "%": _remainder,
    "min": _extreme(min),
    "max": _extreme(max),
    "substr": _part,
    "log": _log,
}
for _name, _apply in _EAGER.items():
    _eager(_name, _apply)
