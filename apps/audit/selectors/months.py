"""Months, by which logs are kept in partitions, and the ids that were made within one.

A log's id is of the time at which it was recorded, so that is what it is kept by, however long ago
it occurred.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from kernel.ids import first_id_at

_BOUND = re.compile(r"FROM \((MINVALUE|'([0-9a-f-]{36})')\) TO \('([0-9a-f-]{36})'\)")
LEAST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From the first id that is within to the first that is not."""

    start: UUID
    end: UUID

    @classmethod
    def read(cls, told: str) -> "Bounds | None":
        """Return the bounds that PostgreSQL tells of a partition; None of the default one."""
        found = _BOUND.search(told)
        return cls(UUID(found[2]) if found[2] else LEAST, UUID(found[3])) if found else None

    def hold(self, other: "Bounds") -> bool:
        """Say whether everything that is within the other is within these."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the month of a moment."""
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    def later(self, months: int = 1) -> "Month":
        """Return the month that so many come before."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    @property
    def start(self) -> UUID:
        """Return the least id that is made in it."""
        return first_id_at(datetime(self.year, self.month, 1, tzinfo=UTC))

    @property
    def bounds(self) -> Bounds:
        """Return between which ids those are that are made in it."""
        return Bounds(self.start, self.later().start)

    def __str__(self) -> str:
        return f"{self.year}_{self.month:02}"
