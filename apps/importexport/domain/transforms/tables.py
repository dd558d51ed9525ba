"""A transform by a table: codes of the file become codes of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.transforms.transform import Transform
from apps.importexport.domain.values.scalars import SPACES

MOST_ENTRIES = 10_000


class Otherwise(StrEnum):
    """What becomes of a text that the table does not have."""

    KEEP = "keep"
    EMPTY = "empty"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Transform):
    """Put in the place of a text what a table says; spaces around it do not count."""

    NAME: ClassVar[str] = "lookup"
    table: dict[str, str]
    otherwise: Otherwise = Otherwise.REFUSE

    def __post_init__(self) -> None:
        if not 1 <= len(self.table) <= MOST_ENTRIES:
            raise PlanError(f"a table has 1 to {MOST_ENTRIES} entries")

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return what the table has for it."""
        found = self.table.get(text.strip(SPACES))
        if found is not None:
            return found
        if self.otherwise is Otherwise.REFUSE:
            shown = ", ".join(list(self.table)[:10])
            raise RefusedError(Code.NOT_IN_TABLE, f"a text of the table is expected: {shown}")
        return text if self.otherwise is Otherwise.KEEP else ""
