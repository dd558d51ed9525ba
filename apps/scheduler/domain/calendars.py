"""Days on which nothing is due: weekends, holidays of a country, and days that are named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

MOST_DAYS = 400
_SATURDAY, _SUNDAY = 5, 6
_PARTS = frozenset({"country", "subdivision", "business_days", "holidays", "except"})


class CalendarError(ValueError):
    """What is no calendar; the message says what was found."""


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
        if told.get("holidays") and not country:
            raise CalendarError("holidays are those of a country: name it, such as NL")
        return cls(
            country=country,
            subdivision=subdivision,
            business_days=told.get("business_days", False),
            holidays=told.get("holidays", False),
            closed=_days(told.get("except", [])),
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
