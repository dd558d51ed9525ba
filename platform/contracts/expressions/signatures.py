"""How a function of the language is declared, called, and told apart from a mistake."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Never, TypeAlias

from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.values import Value, kind, normal

Evaluated: TypeAlias = Callable[[Frame], Value]


class Arguments:
    """What a function was called with, each taken by the type that it must have."""

    __slots__ = ("_given", "at", "frame", "name")

    def __init__(
        self, name: str, given: Sequence[Value | Evaluated], frame: Frame, at: int
    ) -> None:
        self.name = name
        self._given = given
        self.frame = frame
        self.at = at

    def __len__(self) -> int:
        return len(self._given)

    def value(self, position: int) -> Value:
        """Return an argument of any type; null where it was left out."""
        return self._given[position] if position < len(self._given) else None  # type: ignore[return-value]  # only `item` is called

    def number(self, position: int) -> Decimal:
        """Return a number."""
        value = self.value(position)
        return value if isinstance(value, Decimal) else self.refuse(position, "a number")

    def whole(self, position: int, least: int, most: int, absent: int | None = None) -> int:
        """Return a whole number within bounds."""
        if absent is not None and position >= len(self):
            return absent
        value = self.value(position)
        if isinstance(value, Decimal) and least <= value <= most and not value % 1:
            return int(value)
        return self.refuse(position, f"a whole number from {least} to {most}")

    def text(self, position: int, absent: str | None = None) -> str:
        """Return a text."""
        if absent is not None and position >= len(self):
            return absent
        value = self.value(position)
        return value if isinstance(value, str) else self.refuse(position, "a text")

    def list(self, position: int) -> Sequence[Value]:
        """Return a list, paid for by its length."""
        value = self.value(position)
        if isinstance(value, Sequence) and not isinstance(value, str):
            self.frame.spend(2 * len(value), self.at)
            return value
        return self.refuse(position, "a list")

    def items(self, position: int) -> Iterator[Value]:
        """Yield the items of a list, each made a value by the function after it if there is one."""
        each = self._given[position + 1] if position + 1 < len(self._given) else None
        for item in self.list(position):
            yield self.item(each, item) if callable(each) else normal(item)

    def item(self, each: Evaluated | None, item: Value) -> Value:
        """Return what `item => …` makes of an item."""
        if each is None:
            return normal(item)
        names = self.frame.names
        outer = names.get("")
        names[""] = item
        try:
            return each(self.frame)
        finally:
            names[""] = outer

    def each(self, position: int) -> Evaluated | None:
        """Return the function at a position."""
        found = self._given[position] if position < len(self._given) else None
        return found if callable(found) else None

    def refuse(self, position: int, wanted: str) -> Never:
        """Say what was wanted."""
        found = kind(self.value(position)) if position < len(self) else "nothing"
        raise ExpressionError(
            self.at,
            "type",
            f"argument {position + 1} of `{self.name}` is {wanted}, found {found}",
        )

    def fail(self, code: str, message: str) -> Never:
        """Say what is wrong."""
        raise ExpressionError(self.at, code, message)


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many arguments, what it gives, and which argument is `item => …`."""

    name: str
    run: Callable[[Arguments], Value]
    fewest: int
    most: int
    gives: str
    each: int | None = None
    #: In steps, beside what it takes by the size of its arguments.
    cost: int = 1

    def compiled(self, at: int, given: Sequence[Evaluated]) -> Evaluated:
        """Return the call as a closure."""
        run, name, each, cost = self.run, self.name, self.each, self.cost

        def called(frame: Frame) -> Value:
            frame.spend(cost, at)
            values = [one if position == each else one(frame) for position, one in enumerate(given)]
            try:
                made = run(Arguments(name, values, frame, at))
            except DecimalException:
                raise ExpressionError(
                    at, "overflow", f"`{name}` gives a number that is out of range"
                ) from None
            if isinstance(made, str | list):
                frame.build(len(made), at)
            return made

        return called


def table(*functions: Function) -> dict[str, Function]:
    """Return functions by their names."""
    return {one.name: one for one in functions}
