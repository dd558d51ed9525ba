"""How large an expression may be, and what evaluating it may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each bounds time or memory that a hostile expression or its data could ask for."""

    expression_length: int = 2_000
    #: Operators within operators, calls within calls.
    expression_depth: int = 32
    expression_operators: int = 200
    #: Some 3 million of them take a second.
    steps: int = 50_000_000
    #: Characters and items of lists that one expression may build.
    built: int = 4_000_000
    list_length: int = 1_000_000


DEFAULT = Limits()
