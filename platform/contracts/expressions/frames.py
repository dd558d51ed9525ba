"""What an expression sees while it is evaluated, and what it may still spend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.expressions.errors import ExpressionError
from contracts.expressions.limits import DEFAULT, Limits
from contracts.expressions.values import Value


@dataclass(slots=True)
class Frame:
    """The data, what loops have named, and the budget of all that is evaluated in it."""

    data: Mapping[str, Any]
    limits: Limits = DEFAULT
    names: dict[str, Value] = field(default_factory=dict)
    steps: int = 0
    built: int = 0

    def __post_init__(self) -> None:
        self.steps = self.limits.steps

    def spend(self, steps: int, at: int) -> None:
        """Take steps from the budget; raises ExpressionError when there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise ExpressionError(
                at,
                "budget",
                f"this took more than {self.limits.steps} steps: loop over less",
            )

    def build(self, size: int, at: int) -> None:
        """Count characters and items of lists that an expression builds."""
        self.built += size
        if self.built > self.limits.built:
            raise ExpressionError(
                at,
                "size",
                f"an expression builds at most {self.limits.built} characters and items",
            )
        self.spend(size >> 6, at)
