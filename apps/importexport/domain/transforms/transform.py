"""What a transform is: a text of a row becomes another, or is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from apps.importexport.domain.problems import Code, PlanError, RefusedError

#: Of what a transform makes of a cell.
MOST_CHARACTERS = 1_000_000
#: Of what is told to a transform: separators, prefixes, formats.
PARAMETER_LENGTH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One step from the text of a cell to the text that is checked.

    Steps are told and stored as JSON; whoever declares one gets a PlanError at once if it cannot
    work. An empty cell passes by, except by steps that are for it.
    """

    NAME: ClassVar[str] = ""
    TAKES_EMPTY: ClassVar[bool] = False
    #: What is left where it makes nothing: no text, or an empty one.
    LEAVES: ClassVar[str | None] = None

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text after this step; raises RefusedError. `cells` is the row by headers."""
        raise NotImplementedError

    @property
    def sources(self) -> tuple[str, ...]:
        """The headers of further columns that it reads."""
        return ()


def bounded(length: int) -> None:
    """Refuse a text of this length before it is made."""
    if length > MOST_CHARACTERS:
        raise RefusedError(
            Code.TOO_LONG, f"at most {MOST_CHARACTERS} characters are expected, found {length}"
        )


def needed(what: str, value: str) -> None:
    """Refuse a declaration that leaves out what it needs."""
    if not value:
        raise PlanError(f"{what} is missing")
