"""Days on which nothing is due: weekends, holidays of a country, and days that are named.

What would be due on one of them is left out, or rolls to a day that is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

MOST_DAYS = 400
_SATURDAY, _SUNDAY = 5, 6
_PARTS = frozenset({"country", "subdivision", "business_days", "holidays", "except", "roll"})
#: Days in a row on which nothing is due, before it never is.
MOST_CLOSED_DAYS = 800
_DAY = timedelta(days=1)


class CalendarError(ValueError):
    """What is no calendar; the message says what was found."""


class Roll(StrEnum):
    """Where what is due on a closed day goes."""

    #: It is left out.
    SKIP = "skip"
    #: To the last open day before it ("preceding" of ISDA's business day conventions).
    PREVIOUS = "previous"
    #: To the first open day after it ("following").
    NEXT = "next"
    #: To the nearer of both; to the one after it where they are as near, as QuantLib has it.
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Calendar:
    """What it leaves out; of itself nothing."""

    #: ISO 3166: whose holidays, and of which part of it.
    country: str = ""
    subdivision: str = ""
    #: Leaves out the days of the weekend as the country has it; Saturday and Sunday without one.
    business_days: bool = False
    #: Leaves out the country's public holidays.
    holidays: bool = False
    closed: frozenset[date] = frozenset()
    roll: Roll = Roll.SKIP

    @property
    def is_empty(self) -> bool:
        """Say whether it leaves out nothing."""
        return not (self.business_days or self.holidays or self.closed)

    def is_open(self, day: date) -> bool:
        """Say whether something may be due on this day."""
        if day in self.closed:
            return False
        if self.business_days and day.weekday() in _weekend(self.country):
            return False
        return not (self.holidays and day in _holidays(self.country, self.subdivision, day.year))

    def rolled(self, day: date) -> date | None:
        """Return the open day on which that is due which a day has; None if there is none."""
        if self.is_open(day):
            return day
        if self.roll == Roll.SKIP:
            return None
        back, on = self.roll != Roll.NEXT, self.roll != Roll.PREVIOUS
        for away in range(1, MOST_CLOSED_DAYS):
            if on and self.is_open(day + away * _DAY):
                return day + away * _DAY
            if back and self.is_open(day - away * _DAY):
                return day - away * _DAY
        return None

    def rolling_to(self, day: date) -> list[date]:
        """Return the days that roll to an open day, in their order, itself among them."""
        found = [day]
        for step in (-_DAY, _DAY):
            near = day + step
            while not self.is_open(near) and self.rolled(near) == day:
                found.append(near)
                near += step
        return sorted(found)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Calendar":
        """Read one as it is stored; raises CalendarError."""
        if unknown := sorted(told.keys() - _PARTS):
            raise CalendarError(
                f"a calendar has {', '.join(sorted(_PARTS))}, found {unknown[0][:40]!r}"
            )
        country, subdivision = told.get("country", ""), told.get("subdivision", "")
        _check_country(country, subdivision)
        for part in ("business_days", "holidays"):
            if not isinstance(told.get(part, False), bool):
                raise CalendarError(f"{part} is true or false")
        if told.get("roll", Roll.SKIP) not in list(Roll):
            raise CalendarError(f"roll is {', '.join(Roll)}, found {str(told['roll'])[:40]!r}")
        if told.get("holidays") and not country:
            raise CalendarError("holidays are those of a country: name it, such as NL")
        return cls(
            country=country,
            subdivision=subdivision,
            business_days=told.get("business_days", False),
            holidays=told.get("holidays", False),
            closed=_days(told.get("except", [])),
            roll=Roll(told.get("roll", Roll.SKIP)),
        )


def _days(told: Any) -> frozenset[date]:
    if not isinstance(told, list) or len(told) > MOST_DAYS:
        raise CalendarError(f"`except` is a list of at most {MOST_DAYS} days")
    found = set()
    for one in told:
        try:
            found.add(date.fromisoformat(one))
        except (TypeError, ValueError):
            raise CalendarError(f"{str(one)[:40]!r} is no day, such as 2026-12-24") from None
    return frozenset(found)


def _check_country(country: Any, subdivision: Any) -> None:
    if not (isinstance(country, str) and isinstance(subdivision, str)):
        raise CalendarError("country and subdivision are texts")
    if not country:
        if subdivision:
            raise CalendarError("a subdivision is one of a country: name that, too")
        return
    known = _countries()
    if country not in known:
        raise CalendarError(f"no holidays are known of {country[:20]!r}; write a code such as NL")
    if subdivision and subdivision not in known[country]:
        raise CalendarError(
            f"{country} has no {subdivision[:20]!r}; there are"
            f" {', '.join(sorted(known[country])[:60]) or 'none'}"
        )


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, frozenset[str]]:
    import holidays  # noqa: PLC0415  loads when somebody has holidays

    return {
        code: frozenset(parts)
        for code, parts in holidays.list_supported_countries(include_aliases=False).items()
    }


@lru_cache(maxsize=256)
def _weekend(country: str) -> frozenset[int]:
    if not country:
        return frozenset({_SATURDAY, _SUNDAY})
    import holidays  # noqa: PLC0415  as above

    return frozenset(holidays.country_holidays(country).weekend)


@lru_cache(maxsize=1024)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415  as above

    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return frozenset(found)
