"""A tree becomes a closure: what it refers to is found once, and each call counts its steps."""

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, TypeAlias

from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.nodes import (
    Binary,
    Call,
    Conditional,
    Index,
    Lambda,
    ListOf,
    Literal,
    Member,
    Name,
    Node,
    Unary,
)
from contracts.expressions.signatures import Evaluated, Function
from contracts.expressions.values import ARITHMETIC, Value, kind, normal, truth

Compare: TypeAlias = Callable[[Any, Any], bool]

_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
    "%": ARITHMETIC.remainder,
}
_ORDERED: Mapping[str, Compare] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERABLE = frozenset(("number", "text", "date", "datetime"))


def compile_expression(
    node: Node, functions: Mapping[str, Function], names: frozenset[str] = frozenset()
) -> Evaluated:
    """Return what evaluates a tree in a frame; `names` are those that loops around it gave.

    Raises ExpressionError for an unknown function or arguments that it does not take.
    """
    return _Compiler(functions, names).node(node)


class _Compiler:
    def __init__(self, functions: Mapping[str, Function], names: frozenset[str]) -> None:
        self.functions = functions
        self.names = names

    def node(self, node: Node) -> Evaluated:  # noqa: C901, PLR0911  (one case for each)
        match node:
            case Literal():
                value = node.value
                return lambda frame: value
            case Name():
                return self._name(node)
            case Member(of=Name(name=name, at=at)) if name in self.names:
                return _field(name, node.name, at, node.at)
            case Member():
                return _member(self.node(node.of), node.name, node.at)
            case Index():
                return _index(self.node(node.of), self.node(node.index), node.at)
            case Unary():
                return _unary(node, self.node(node.operand))
            case Binary():
                return _binary(node, self.node(node.left), self.node(node.right))
            case Conditional():
                return _conditional(
                    self.node(node.test), self.node(node.then), self.node(node.other)
                )
            case ListOf():
                return _list_of(tuple(self.node(item) for item in node.items), node.at)
            case Lambda():
                raise ExpressionError(
                    node.at, "function", "`=>` is taken by functions of lists alone, such as `map`"
                )
            case Call():
                return self._call(node)

    def _name(self, node: Name) -> Evaluated:
        name, at = node.name, node.at
        if name in self.names:

            def of_loop(frame: Frame) -> Value:
                frame.spend(1, at)
                return normal(frame.names[name])

            return of_loop

        def of_data(frame: Frame) -> Value:
            frame.spend(1, at)
            return normal(frame.data.get(name))

        return of_data

    def _call(self, node: Call) -> Evaluated:
        function = self.functions.get(node.name)
        if function is None:
            raise ExpressionError(node.at, "function", f"there is no function `{node.name[:40]}`")
        _check_count(node, function)
        given = [self._argument(one, at, function) for at, one in enumerate(node.arguments)]
        return function.compiled(node.at, given)

    def _argument(self, node: Node, position: int, function: Function) -> Evaluated:
        if position != function.each:
            return self.node(node)
        if not isinstance(node, Lambda):
            raise ExpressionError(node.at, "function", "`item => …` is expected here")
        inner = _Compiler(self.functions, self.names | {node.name})
        return _each(node.name, inner.node(node.body))


def _check_count(node: Call, function: Function) -> None:
    count = len(node.arguments)
    if not function.fewest <= count <= function.most:
        wanted = (
            str(function.most)
            if function.fewest == function.most
            else f"{function.fewest} to {function.most}"
        )
        raise ExpressionError(
            node.at, "arguments", f"`{node.name}` takes {wanted} arguments, found {count}"
        )


def _each(name: str, body: Evaluated) -> Evaluated:
    """Return a closure that reads the item that the function has put in `frame.names['']`."""

    def each(frame: Frame) -> Value:
        # Null where no loop around this one uses the name: nothing then reads it.
        outer = frame.names.get(name)
        frame.names[name] = frame.names[""]
        try:
            return body(frame)
        finally:
            frame.names[name] = outer

    return each


def _field(name: str, field: str, at: int, at_field: int) -> Evaluated:
    """Return what reads a field of a name that a loop gave: what most cells of tables are."""
    slowly = _member(lambda frame: normal(frame.names[name]), field, at_field)

    def read(frame: Frame) -> Value:
        frame.spend(1, at)
        found = frame.names[name]
        if type(found) is not dict:
            return slowly(frame)
        frame.spend(1, at_field)
        value = found.get(field)
        return value if type(value) is str else normal(value)

    return read


def _member(of: Evaluated, name: str, at: int) -> Evaluated:
    def member(frame: Frame) -> Value:
        found = of(frame)
        frame.spend(1, at)
        if isinstance(found, Mapping):
            return normal(found.get(name))
        if found is None:
            return None
        raise ExpressionError(at, "type", f"a {kind(found)} has no field `{name[:40]}`")

    return member


def _index(of: Evaluated, index: Evaluated, at: int) -> Evaluated:
    def indexed(frame: Frame) -> Value:
        found, wanted = of(frame), index(frame)
        frame.spend(1, at)
        if found is None:
            return None
        if isinstance(found, Mapping) and isinstance(wanted, str):
            return normal(found.get(wanted))
        if isinstance(found, Sequence) and not isinstance(found, str):
            return _item(found, wanted, at)
        raise ExpressionError(at, "type", f"a {kind(found)} has no item by {kind(wanted)}")

    return indexed


def _item(found: Sequence[Value], wanted: Value, at: int) -> Value:
    if not isinstance(wanted, Decimal) or abs(wanted) > 1_000_000_000 or wanted % 1:
        raise ExpressionError(at, "type", "a list has items by whole numbers, from 0")
    position = int(wanted)
    return normal(found[position]) if -len(found) <= position < len(found) else None


def _unary(node: Unary, operand: Evaluated) -> Evaluated:
    at = node.at
    if node.operator == "not":
        return lambda frame: not truth(operand(frame))

    def negative(frame: Frame) -> Value:
        value = operand(frame)
        frame.spend(1, at)
        if not isinstance(value, Decimal):
            raise ExpressionError(at, "type", f"`-` takes a number, found a {kind(value)}")
        return ARITHMETIC.minus(value)

    return negative


def _binary(  # noqa: PLR0911  (one case for each)
    node: Binary, left: Evaluated, right: Evaluated
) -> Evaluated:
    match node.operator:
        case "and":
            return lambda frame: truth(left(frame)) and truth(right(frame))
        case "or":
            return lambda frame: truth(left(frame)) or truth(right(frame))
        case "??":
            return lambda frame: right(frame) if (found := left(frame)) is None else found
        case "==":
            return lambda frame: _equal(left(frame), right(frame), frame, node.at)
        case "!=":
            return lambda frame: not _equal(left(frame), right(frame), frame, node.at)
        case "in":
            return lambda frame: _within(left(frame), right(frame), frame, node.at)
        case "<" | "<=" | ">" | ">=":
            return _ordering(node, left, right)
        case _:
            return _arithmetic(node, left, right)


def _arithmetic(node: Binary, left: Evaluated, right: Evaluated) -> Evaluated:
    sign, at = node.operator, node.at
    compute = _ARITHMETIC[sign]

    def arithmetic(frame: Frame) -> Value:
        one, other = left(frame), right(frame)
        frame.spend(1, at)
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            try:
                return compute(one, other)
            except DecimalException as error:
                raise _failed(at, sign, other) from error
        if sign == "+" and isinstance(one, str) and isinstance(other, str):
            frame.build(len(one) + len(other), at)
            return one + other
        raise ExpressionError(
            at, "type", f"`{sign}` takes two numbers, found {kind(one)} and {kind(other)}"
        )

    return arithmetic


def _failed(at: int, sign: str, divisor: Decimal) -> ExpressionError:
    if sign in "/%" and not divisor:
        return ExpressionError(at, "division", "division by zero: test the divisor before")
    return ExpressionError(at, "overflow", f"`{sign}` gives a number that is out of range")


def _ordering(node: Binary, left: Evaluated, right: Evaluated) -> Evaluated:
    compare, at, sign = _ORDERED[node.operator], node.at, node.operator

    def ordering(frame: Frame) -> Value:
        one, other = left(frame), right(frame)
        frame.spend(1, at)
        if kind(one) == kind(other) and kind(one) in _ORDERABLE:
            try:
                return compare(one, other)
            except TypeError:
                raise ExpressionError(
                    at, "type", "a datetime with a zone and one without do not compare"
                ) from None
        raise ExpressionError(
            at, "type", f"`{sign}` takes two alike, found {kind(one)} and {kind(other)}"
        )

    return ordering


def _equal(one: Value, other: Value, frame: Frame, at: int) -> bool:
    frame.spend(1, at)
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if one is None or other is None:
        return one is other
    if kind(one) in ("list", "object") or kind(other) in ("list", "object"):
        raise ExpressionError(at, "type", "lists and objects are not compared as a whole")
    return kind(one) == kind(other) and one == other


def _within(one: Value, many: Value, frame: Frame, at: int) -> bool:
    if isinstance(many, str) and isinstance(one, str):
        frame.spend(1 + (len(many) >> 6), at)
        return one in many
    if isinstance(many, Sequence) and not isinstance(many, str):
        frame.spend(len(many), at)
        return any(_equal(one, normal(item), frame, at) for item in many)
    raise ExpressionError(at, "type", f"`in` takes a list or two texts, found a {kind(many)}")


def _conditional(test: Evaluated, then: Evaluated, other: Evaluated) -> Evaluated:
    return lambda frame: then(frame) if truth(test(frame)) else other(frame)


def _list_of(items: tuple[Evaluated, ...], at: int) -> Evaluated:
    def listed(frame: Frame) -> Value:
        frame.build(len(items), at)
        frame.spend(1, at)
        return [item(frame) for item in items]

    return listed
