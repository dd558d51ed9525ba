"""What is wrong with a template or its data, and where, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn


class Severity(StrEnum):
    """A template with an error makes no document; a warning is advice."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend.

    `place` is a JSON pointer (RFC 6901) into the template or the data, `block` the type of the
    block it is in, `expression` the text in which `at` counts characters from 0.
    """

    place: str
    code: str
    message: str
    block: str = ""
    expression: str = ""
    at: int | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f" ({self.block})" if self.block else ""
        shown = ""
        if self.at is not None:
            shown = f", at character {self.at + 1} of `{self.expression[:80]}`"
        return f"{self.place or '/'}{where}{shown}: {self.message}"


class InvalidTemplateError(Exception):
    """A template was refused; every finding that it had is with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{self.findings[0]} ({len(self.findings)} findings)")


class DocumentError(Exception):
    """A document could not be made of this template and this data."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


def stop(place: str, code: str, message: str, block: str = "") -> NoReturn:
    """End the making of a document."""
    raise DocumentError(Finding(place, code, message, block))


def under(place: str, *steps: str | int) -> str:
    """Return the pointer to what is inside."""
    for step in steps:
        place += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return place
