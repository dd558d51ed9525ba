"""Expressions in templates and workflows, in which what is missing is a mistake and not empty."""

from collections.abc import Mapping
from typing import Any

from contracts.expressions.compiling import compile_expression
from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.functions import PLAIN_FUNCTIONS
from contracts.expressions.limits import Limits
from contracts.expressions.parsing import parse_expression
from contracts.expressions.signatures import Evaluated

#: Of all expressions of one message together.
LIMITS = Limits(expression_length=1_000, steps=200_000, built=200_000, list_length=10_000)


class Strict(dict[str, Any]):
    """An object of the data; a field that it does not have is a mistake, null is not."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field; raises ExpressionError."""
        if key not in self:
            raise ExpressionError(0, "missing", f"there is no `{key[:60]}`")
        return self[key]


def strict(value: Any) -> Any:
    """Return data of JSON in which what is missing is a mistake."""
    if isinstance(value, Mapping):
        return Strict({name: strict(one) for name, one in value.items()})
    if isinstance(value, list | tuple):
        return [strict(one) for one in value]
    return value


def compiled(text: str, names: frozenset[str] = frozenset()) -> Evaluated:
    """Return what evaluates an expression; raises ExpressionError."""
    return compile_expression(parse_expression(text, LIMITS), PLAIN_FUNCTIONS, names)


def frame_of(data: Mapping[str, Any]) -> Frame:
    """Return what expressions see, and may spend together."""
    return Frame(strict(data), LIMITS)
