"""Moments that roll from days on which nothing is due to days that are open."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from apps.scheduler.domain.calendars import MOST_CLOSED_DAYS, Calendar
from apps.scheduler.domain.cron.evaluating import DstPolicy, first_instant

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
#: Finds the first moment after one, before anything rolls.
NextAfter = Callable[[datetime], datetime | None]


def first_rolled(
    next_after: NextAfter, calendar: Calendar, zone: tzinfo, moment: datetime
) -> datetime | None:
    """Return the first moment after one at which something is due once all has rolled.

    A moment keeps its local time on the day that it rolls to; two that meet there are one. Days
    keep their order when they roll, so it is enough to look at those that roll to one day.
    """
    since = moment.astimezone(zone).date()
    for _ in range(MOST_CLOSED_DAYS):
        day = _open_from(calendar, since)
        if day is None:
            return None
        sources = calendar.rolling_to(day)
        found = [_on(next_after, zone, source, day, moment) for source in sources]
        if due := [one for one in found if one is not None]:
            return min(due)
        later = next_after(_begin(sources[-1] + _DAY, zone) - _MICROSECOND)
        if later is None:
            return None
        rolled = calendar.rolled(later.astimezone(zone).date())
        if rolled is None:
            return None
        since = max(rolled, day + _DAY)
    return None


def _open_from(calendar: Calendar, day: date) -> date | None:
    for away in range(MOST_CLOSED_DAYS):
        if calendar.is_open(day + away * _DAY):
            return day + away * _DAY
    return None


def _on(
    next_after: NextAfter, zone: tzinfo, source: date, day: date, moment: datetime
) -> datetime | None:
    """Return the first moment after one that a day has of another's."""
    begin, end = _begin(source, zone), _begin(source + _DAY, zone)
    if source == day:
        found = next_after(max(moment, begin - _MICROSECOND))
        return found if found is not None and found < end else None
    after = begin - _MICROSECOND
    # By so much the clocks of that day change: within it local times may go back.
    change = abs((end - begin) - _DAY)
    here = moment.astimezone(zone)
    if here.date() == day:
        # Nothing earlier that day is later than the moment.
        at = datetime.combine(source, here.time(), zone).astimezone(UTC)
        after = max(after, at - change - _MICROSECOND)
    best: datetime | None = None
    until = end
    while (found := next_after(after)) is not None and found < until:
        moved = _moved(found.astimezone(zone).time(), day, zone)
        if moved > moment:
            until = min(until, found + change + _MICROSECOND)
            best = moved if best is None else min(best, moved)
        after = found
    return best


def _moved(time: time, day: date, zone: tzinfo) -> datetime:
    """Return when a day has a local time; right after the change of clocks that leaves it out."""
    local = datetime.combine(day, time)
    found = first_instant(
        lambda after: local if after < local else None,
        zone,
        local - timedelta(seconds=1),
        _EARLIEST,
        DstPolicy.VIXIE,
    )
    if found is None:
        raise RuntimeError("a local time stands for no moment")
    return found


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
