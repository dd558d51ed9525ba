"""Transforms of dates as people write them."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.transforms.transform import Transform
from apps.importexport.domain.values.scalars import SPACES

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"(?P<first>[0-9]{1,4}|[A-Za-z]{3,9})\.?[./\- ] ?"
    r"(?P<second>[0-9]{1,2}|[A-Za-z]{3,9})[.,]?[./\- ] ?(?P<third>[0-9]{1,4})"
    r"(?:(?:[Tt]|,? )(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second_>[0-9]{2}))?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)? ?(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
#: Of strptime: what it reads alike on every machine.
_DIRECTIVES = frozenset("YymdHMSfzpI%")


class DateOrder(StrEnum):
    """Which of two numbers below 13 is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseDate(Transform):
    """Read dates, also with a time of day, by a format of strptime or by the order of their parts.

    Without a format, a year of four digits in front and months by their English names are taken as
    they are. Years of two digits are from 1969 to 2068, as POSIX has it.
    """

    NAME: ClassVar[str] = "date"
    order: DateOrder = DateOrder.DAY_FIRST
    format: str = ""

    def __post_init__(self) -> None:
        used = re.findall("%(.?)", self.format)
        if not set(used) <= _DIRECTIVES:
            shown = " ".join(f"%{one}" for one in sorted(_DIRECTIVES - {"%"}))
            raise PlanError(f"a format of dates is made of {shown}")
        # A year that is not told would be 1900.
        days = {"d", "m"} <= set(used) and {"Y", "y"} & set(used)
        if (self.format and not days) or len(used) != len(set(used)):
            raise PlanError("a format of dates has %d, %m and a year, each once")

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the date by ISO 8601."""
        bare = text.strip(SPACES)
        try:
            return self._by_format(bare) if self.format else self._by_order(bare)
        except (ValueError, OverflowError):
            wanted = self.format or self.order.replace("_", " ")
            raise RefusedError(
                Code.NOT_A_DATE, f"a date is expected, {wanted}, such as {self._shown()}"
            ) from None

    def _by_format(self, text: str) -> str:
        moment = dt.datetime.strptime(text, self.format)  # noqa: DTZ007  (the zone is the import's)
        timed = "%H" in self.format or "%I" in self.format
        return moment.isoformat() if timed else moment.date().isoformat()

    def _by_order(self, text: str) -> str:
        found = _WRITTEN.fullmatch(text)
        if not found:
            raise ValueError(text)
        day = dt.date(*self._parts(found["first"], found["second"], found["third"])).isoformat()
        if found["hour"] is None:
            return day
        hour = _hour(int(found["hour"]), (found["half"] or "").lower())
        return (
            f"{day}T{hour:02}:{found['minute']}:{found['second_'] or '00'}{found['offset'] or ''}"
        )

    def _parts(self, first: str, second: str, third: str) -> tuple[int, int, int]:
        if len(first) == 4 and first.isdigit():
            return int(first), _month(second), int(third)
        if not first.isdigit():
            return _year(third), _month(first), int(second)
        if second.isdigit() and self.order is DateOrder.MONTH_FIRST:
            return _year(third), int(first), int(second)
        return _year(third), _month(second), int(first)

    def _shown(self) -> str:
        day = dt.datetime(2024, 2, 29, 13, 30)  # noqa: DTZ001  (of a format, not of a zone)
        by_order = "29.02.2024" if self.order is DateOrder.DAY_FIRST else "02/29/2024"
        return day.strftime(self.format) if self.format else by_order


def guess_order(samples: Iterable[str]) -> DateOrder | None:
    """Return the order that texts of dates are in; None where they could be in either."""
    firsts, seconds = [0], [0]
    for text in samples:
        found = _WRITTEN.fullmatch(text.strip(SPACES))
        if found and len(found["first"]) <= 2 and found["second"].isdigit():
            firsts.append(int(found["first"]))
            seconds.append(int(found["second"]))
    day_first, month_first = max(firsts) > 12, max(seconds) > 12
    if day_first == month_first:
        return None
    return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST


def _year(written: str) -> int:
    if len(written) not in (2, 4):
        raise ValueError(written)
    year = int(written)
    if len(written) == 4:
        return year
    return year + (1900 if year >= 69 else 2000)


def _month(written: str) -> int:
    return int(written) if written.isdigit() else _MONTHS.index(written[:3].lower()) + 1


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "p" else 0)
