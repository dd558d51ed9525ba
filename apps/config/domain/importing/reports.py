"""What an import made of each thing that it was given."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How much of it is there after the import."""

    IMPORTED = "imported"
    CHANGED = "changed"
    LEFT_OUT = "not representable"


@dataclass(frozen=True, slots=True)
class Line:
    """One flag or segment, or one thing about it that is not as it was."""

    key: str
    outcome: Outcome
    message: str = ""


@dataclass(slots=True)
class Import:
    """A definition in our format, and what could not be said in it as it was."""

    definition: dict[str, Any]
    report: list[Line] = field(default_factory=list)

    def imported(self, key: str) -> None:
        """Note what is as it was."""
        self.report.append(Line(key, Outcome.IMPORTED))

    def changed(self, key: str, message: str) -> None:
        """Note what is otherwise now."""
        self.report.append(Line(key, Outcome.CHANGED, message))

    def left_out(self, key: str, message: str) -> None:
        """Note what is not there now."""
        self.report.append(Line(key, Outcome.LEFT_OUT, message))

    def finish(self) -> "Import":
        """Note as imported whatever nothing else was noted about."""
        noted = {line.key for line in self.report}
        self.report.extend(
            Line(key, Outcome.IMPORTED) for key in self.definition["flags"] if key not in noted
        )
        return self
