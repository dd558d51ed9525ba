"""Expressions of templates, with the functions that templates have."""

from apps.documents.domain.expressions.functions import FUNCTIONS
from contracts.expressions import compiling
from contracts.expressions.nodes import Node
from contracts.expressions.signatures import Evaluated


def compile_expression(node: Node, names: frozenset[str] = frozenset()) -> Evaluated:
    """Return what evaluates a tree in a frame; `names` are those that loops around it gave.

    Raises ExpressionError for an unknown function or arguments that it does not take.
    """
    return compiling.compile_expression(node, FUNCTIONS, names)
