"""What is wrong with a definition, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """An error is refused in strict mode; a warning never is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend; the place is a JSON pointer (RFC 6901) into the definition."""

    place: str
    code: str
    message: str
    severity: Severity = Severity.ERROR


class InvalidDefinitionError(Exception):
    """A definition was refused; every finding that it had is with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        first = f"{errors[0].place or '/'}: {errors[0].message}" if errors else "no error"
        super().__init__(f"{first} ({len(errors)} errors)")


# Where a rule is, step by step from the end: made for every rule, written out for few.
Place = tuple[Any, str | int] | str


def pointer(place: Place) -> str:
    """Write a place out."""
    steps: list[str | int] = []
    while isinstance(place, tuple):
        place, step = place
        steps.append(step)
    return under(place, *reversed(steps))


def under(place: str, *steps: str | int) -> str:
    """Return the pointer to what is inside."""
    for step in steps:
        place += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return place
