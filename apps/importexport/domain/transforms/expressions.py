"""A transform by an expression: `value` is the text, `row["Header"]` another column of the row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.transforms.transform import MOST_CHARACTERS, Transform, needed
from contracts.expressions.compiling import compile_expression
from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.functions import PLAIN_FUNCTIONS
from contracts.expressions.limits import Limits
from contracts.expressions.nodes import Index, Lambda, Literal, Member, Name, Node, children
from contracts.expressions.parsing import parse_expression
from contracts.expressions.signatures import Evaluated
from contracts.expressions.values import plain

#: For one cell. An expression of an import is short, and there are millions of cells.
LIMITS = Limits(expression_length=1_000, steps=10_000, built=MOST_CHARACTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression(Transform):
    """Compute the text; null is an empty cell."""

    NAME: ClassVar[str] = "expression"
    TAKES_EMPTY: ClassVar[bool] = True
    text: str
    _headers: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())
    _evaluated: Evaluated | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        needed("the expression", self.text)
        try:
            node = parse_expression(self.text, LIMITS)
            headers = tuple(dict.fromkeys(_headers(node)))
            evaluated = compile_expression(node, PLAIN_FUNCTIONS)
        except ExpressionError as error:
            raise PlanError(f"the expression, {error}") from error
        object.__setattr__(self, "_headers", headers)
        object.__setattr__(self, "_evaluated", evaluated)

    @property
    def sources(self) -> tuple[str, ...]:
        """The headers that it names."""
        return self._headers

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return what it gives for the row."""
        frame = Frame({"value": text, "row": dict(cells)}, LIMITS)
        try:
            return plain(self._evaluated(frame))  # type: ignore[misc]  # set since it was made
        except ExpressionError as error:
            raise RefusedError(Code.EXPRESSION, f"the expression fails {error}") from None
        except TypeError:
            raise RefusedError(
                Code.EXPRESSION, "the expression gives a list or an object; a text is expected"
            ) from None


def _headers(node: Node, loops: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the headers that are read: they are named, so that only those columns are fetched."""
    match node:
        case Index(of=Name(name="row"), index=Literal(value=str() as header)):
            yield header
        case Member(of=Name(name="row"), name=header):
            yield header
        case Name(name="row", at=at):
            raise ExpressionError(at, "name", '`row` is asked for one column: `row["Header"]`')
        case Name(name=name, at=at) if name != "value" and name not in loops:
            raise ExpressionError(at, "name", f"there is no `{name[:40]}`: `value` is the text")
        case _:
            if isinstance(node, Lambda):
                loops |= {node.name}
            for part in children(node):
                yield from _headers(part, loops)
