"""What checking a chunk gives: good rows as a typed frame, and problems with places and names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from apps.importexport.domain.problems import VALUE_LENGTH, RefusedError

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a row was not taken; of several there is one for each field."""

    #: Records of the chunk before this one.
    row: int
    #: Line ends of the chunk before this record.
    line: int
    #: The field, and the header of its column; both empty where it is about the whole row.
    column: str
    source: str
    #: As the file has it, cut.
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Every record is a row of `good`, or has problems, or is blank: without any value."""

    rows: int
    blank: int
    #: One column for each mapped field, of its kind, and `row`: records of the chunk before.
    good: "polars.DataFrame"
    #: In the order of rows, within a row in that of the mapping.
    problems: list[Problem]


class Checker(Protocol):
    """What checks the chunks of one file, in whatever order."""

    def check(self, data: bytes) -> Checked:
        """Return what whole records in UTF-8 are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A problem before its line is known; `order` is the place of its column in the mapping."""

    row: int
    order: int
    column: str = ""
    source: str = ""
    value: str
    error: RefusedError


def in_order(refusals: list[Refusal], lines: Sequence[int]) -> list[Problem]:
    """Return refusals as problems."""
    refusals.sort(key=lambda one: (one.row, one.order))
    return [
        Problem(
            row=one.row,
            line=lines[one.row],
            column=one.column,
            source=one.source,
            value=one.value[:VALUE_LENGTH],
            code=one.error.code.value,
            message=one.error.message,
        )
        for one in refusals
    ]
