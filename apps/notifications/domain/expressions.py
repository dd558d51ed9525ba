"""Expressions in templates and workflows, in which what is missing is a mistake and not empty."""

from collections.abc import Mapping
from typing import Any

from contracts.expressions.compiling import compile_expression
from contracts.expressions.frames import Frame
from contracts.expressions.functions import PLAIN_FUNCTIONS
from contracts.expressions.limits import Limits
from contracts.expressions.parsing import parse_expression
from contracts.expressions.signatures import Evaluated
from contracts.expressions.strict import strict

#: Of all expressions of one message together.
LIMITS = Limits(expression_length=1_000, steps=200_000, built=200_000, list_length=10_000)


def compiled(text: str, names: frozenset[str] = frozenset()) -> Evaluated:
    """Return what evaluates an expression; raises ExpressionError."""
    return compile_expression(parse_expression(text, LIMITS), PLAIN_FUNCTIONS, names)


def frame_of(data: Mapping[str, Any]) -> Frame:
    """Return what expressions see, and may spend together."""
    return Frame(strict(data), LIMITS)
