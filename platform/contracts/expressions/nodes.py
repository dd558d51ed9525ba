"""An expression as a tree; `at` is where in its text a node begins."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false or null."""

    at: int
    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the data, or what a loop has named."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an object."""

    at: int
    of: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list by its number, or a field by a text."""

    at: int
    of: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Unary:
    """`-` or `not`."""

    at: int
    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, `and`, `or`, `in` and `??`."""

    at: int
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : other`; the branch not taken is not evaluated."""

    at: int
    test: "Node"
    then: "Node"
    other: "Node"


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    at: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`item => body`, taken by functions of lists alone."""

    at: int
    name: str
    body: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `value | name(argument)` is the same."""

    at: int
    name: str
    arguments: tuple["Node", ...]


Node: TypeAlias = (
    Literal | Name | Member | Index | Unary | Binary | Conditional | ListOf | Lambda | Call
)


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911  (one case for each)
    """Return what a node is made of."""
    match node:
        case Member():
            return (node.of,)
        case Index():
            return (node.of, node.index)
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Conditional():
            return (node.test, node.then, node.other)
        case ListOf():
            return node.items
        case Lambda():
            return (node.body,)
        case Call():
            return node.arguments
        case _:
            return ()
