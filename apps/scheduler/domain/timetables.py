"""When something is due, whatever says so: an expression, an interval, a rule, one moment."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from apps.scheduler.domain.calendars import MOST_CLOSED_DAYS, Calendar, Roll
from apps.scheduler.domain.cron.evaluating import DstPolicy, next_after
from apps.scheduler.domain.cron.expressions import Cron
from apps.scheduler.domain.rolling import first_rolled

_MICROSECOND = timedelta(microseconds=1)
#: How far back the last time is looked for.
_FURTHEST_BACK = timedelta(days=366 * 60)


class Times(ABC):
    """Moments in UTC, in their order."""

    @abstractmethod
    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after one; None if there is none in 60 years."""


@dataclass(frozen=True, slots=True)
class CronTimes(Times):
    """Those of an expression in a time zone."""

    cron: Cron
    zone: tzinfo
    policy: DstPolicy = DstPolicy.VIXIE

    def next_after(self, moment: datetime) -> datetime | None:
        return next_after(self.cron, self.zone, moment, self.policy)


@dataclass(frozen=True, slots=True)
class OneTime(Times):
    """A single moment."""

    at: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        return self.at if self.at > moment else None


@dataclass(frozen=True, slots=True)
class Interval(Times):
    """Every so long from a moment on, in real time: no change of clocks moves it."""

    every: timedelta
    anchor: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        if moment < self.anchor:
            return self.anchor
        return self.anchor + ((moment - self.anchor) // self.every + 1) * self.every


@dataclass(frozen=True, slots=True)
class Timetable:
    """Moments, but those that a calendar leaves out or moves, from a start to an end."""

    times: Times
    zone: tzinfo = UTC
    calendar: Calendar = field(default_factory=Calendar)
    #: At or after this.
    starts_at: datetime | None = None
    #: Before this.
    ends_at: datetime | None = None

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after one; None if there is none any more."""
        if self.starts_at is not None:
            moment = max(moment, self.starts_at - _MICROSECOND)
        if self.calendar.roll == Roll.SKIP or self.calendar.is_empty:
            found = self._open_after(moment)
        else:
            found = first_rolled(self.times.next_after, self.calendar, self.zone, moment)
        return None if found and self.ends_at and found >= self.ends_at else found

    def _open_after(self, moment: datetime) -> datetime | None:
        for _ in range(MOST_CLOSED_DAYS):
            found = self.times.next_after(moment)
            if found is None or self.calendar.is_empty:
                return found
            day = found.astimezone(self.zone).date()
            if self.calendar.is_open(day):
                return found
            # Nothing more of that day.
            end = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(days=1)
            moment = max(found, end.astimezone(UTC) - _MICROSECOND)
        return None

    def between(self, since: datetime, until: datetime, most: int) -> Iterator[datetime]:
        """Yield moments at or after one and before another, and no more than so many."""
        moment = since - _MICROSECOND
        for _ in range(most):
            found = self.next_after(moment)
            if found is None or found >= until:
                return
            yield found
            moment = found

    def first_after(self, moment: datetime, most: int) -> Iterator[datetime]:
        """Yield the first moments after one, and no more than so many."""
        for _ in range(most):
            found = self.next_after(moment)
            if found is None:
                return
            yield found
            moment = found

    def previous_before(self, moment: datetime) -> datetime | None:
        """Return the last moment before one; None if there is none in 60 years.

        Found by halving the time in which it must be, so it holds of whatever tells the next.
        """
        back = timedelta(minutes=1)
        while not self._in(moment - back, moment):
            if back > _FURTHEST_BACK:
                return None
            back *= 2
        early, late = moment - back, moment
        while True:
            found = self.next_after(early)
            if found is None or found >= moment:
                raise RuntimeError("times do not go forward")
            following = self.next_after(found)
            if following is None or following >= moment:
                return found
            early = found
            middle = early + (late - early) / 2
            if self._in(middle, moment):
                early = middle
            else:
                late = middle

    def _in(self, since: datetime, until: datetime) -> bool:
        found = self.next_after(since)
        return found is not None and found < until
