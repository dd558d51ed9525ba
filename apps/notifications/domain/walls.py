"""The time that the clock on somebody's wall is to show, as people write it in workflows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.notifications.domain.quiet_hours import time_of_day

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7


@dataclass(frozen=True, slots=True)
class WallTime:
    """A time of the day, on some days of the week."""

    at: time
    #: As `datetime.weekday` numbers them.
    days: frozenset[int] = frozenset(range(_WEEK))

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "WallTime":
        """Return that of `{"at": "08:00", "on": ["mon", "thu"]}`; raises ValueError."""
        at = time_of_day(told["at"])
        if "on" not in told:
            return cls(at)
        days = told["on"]
        if not isinstance(days, list) or not days or not all(one in DAYS for one in days):
            raise ValueError(f"`on` is a list of {', '.join(DAYS)}")
        return cls(at, frozenset(map(DAYS.index, days)))

    def after(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the first moment after now at which the wall shows it.

        What a zone leaves out is read as PEP 495 has it, and of two the first is taken.
        """
        today = now.astimezone(zone).date()
        for ahead in range(_WEEK + 2):
            day = today + timedelta(days=ahead)
            moment = datetime.combine(day, self.at, zone).astimezone(UTC)
            if day.weekday() in self.days and moment > now:
                return moment
        raise AssertionError("a week has each of its days")
