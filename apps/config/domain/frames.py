"""What one evaluation carries with it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from apps.config.domain.limits import TURNS

# What a rule can run into with a value that nobody thought of. Any of it is that flag's alone.
FAILURES = (ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)

#: OpenFeature's code of an error that has none of its own.
GENERAL = "GENERAL"


class EvaluationError(Exception):
    """A rule could not be carried out; `code` is OpenFeature's."""

    def __init__(self, message: str, code: str = GENERAL) -> None:
        super().__init__(message)
        self.code = code


class Step(NamedTuple):
    """What one operator gave, in the order in which they finished."""

    place: str
    operator: str
    result: Any
    detail: Mapping[str, Any] | None = None


class Frame:
    """The state of one evaluation: most rules need none, and share an idle one."""

    __slots__ = ("ask", "context", "detail", "known", "now", "steps", "turns")

    def __init__(
        self, context: dict[str, Any], now: int, ask: Callable[[str, "Frame"], Any] | None
    ) -> None:
        self.context = context
        self.now = now
        self.ask = ask
        self.known: dict[str, Any] = {}
        self.turns = TURNS
        self.steps: list[Step] | None = None
        self.detail: Mapping[str, Any] | None = None

    def turn(self, times: int) -> None:
        """Pay for walking a list, so that lists in lists cannot hold up the process."""
        self.turns -= times
        if self.turns < 0:
            raise EvaluationError(f"more than {TURNS} turns over lists")


IDLE = Frame({}, 0, None)
Node = Callable[[Any, Frame], Any]
