"""Stretches of time as people look at them: an hour, a day, a week, a month of some time zone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

_DAY = timedelta(days=1)
#: Steps in which runs are counted, of which the smallest is taken that makes few enough.
_STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 3, 12, 24)),
)
#: Steps of one window at most.
MOST_STEPS = 62


class Zoom(StrEnum):
    """How much is seen at a time."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment on, and before another, as clocks of a time zone show them."""

    zoom: Zoom
    zone: tzinfo
    since: datetime
    until: datetime

    @property
    def before(self) -> datetime:
        """Return a moment in the window before this one."""
        return self.since - timedelta(minutes=1)

    def days(self) -> list["Day"]:
        """Return the days of it; of a month those of all weeks that have a day in it."""
        first = self.since.astimezone(self.zone).date()
        last = (self.until - timedelta(microseconds=1)).astimezone(self.zone).date()
        if self.zoom is Zoom.MONTH:
            first -= timedelta(days=first.weekday())
            last += timedelta(days=6 - last.weekday())
        return days_of(first, last, self.zone)

    def marks(self) -> Iterator[datetime]:
        """Yield the moments that an axis names: ten minutes, three hours or a day apart."""
        if self.zoom is Zoom.HOUR:
            yield from (self.since + timedelta(minutes=ten) for ten in range(0, 60, 10))
            return
        for day in days_of(
            self.since.astimezone(self.zone).date(),
            (self.until - _DAY / 2).astimezone(self.zone).date(),
            self.zone,
        ):
            hours = range(0, 24, 3) if self.zoom is Zoom.DAY else (0,)
            yield from (_instant(day.date, self.zone, hour) for hour in hours)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a time zone."""

    date: date
    since: datetime
    until: datetime

    @property
    def hours(self) -> float:
        """Return how long it is: 24, but where clocks are changed."""
        return (self.until - self.since) / timedelta(hours=1)


def window_at(moment: datetime, zoom: Zoom, zone: tzinfo) -> Window:
    """Return the hour, day, week from Monday or month that a moment is in."""
    local = moment.astimezone(zone)
    if zoom is Zoom.HOUR:
        into = timedelta(minutes=local.minute, seconds=local.second)
        since = (local.astimezone(UTC) - into).replace(microsecond=0)
        return Window(zoom, zone, since, since + timedelta(hours=1))
    first = local.date()
    if zoom is Zoom.WEEK:
        first -= timedelta(days=first.weekday())
    if zoom is Zoom.MONTH:
        first = first.replace(day=1)
    after = {
        Zoom.DAY: first + _DAY,
        Zoom.WEEK: first + 7 * _DAY,
        Zoom.MONTH: (first + 31 * _DAY).replace(day=1),
    }[zoom]
    return Window(zoom, zone, _instant(first, zone), _instant(after, zone))


def days_of(first: date, last: date, zone: tzinfo) -> list[Day]:
    """Return the days from one to another, both included."""
    count = (last - first).days + 1
    dates = [first + timedelta(days=number) for number in range(count)]
    return [Day(one, _instant(one, zone), _instant(one + _DAY, zone)) for one in dates]


def edges(since: datetime, until: datetime) -> list[datetime]:
    """Return where the steps of a window begin, and where the last one ends."""
    step = next(
        (one for one in _STEPS if (until - since) <= MOST_STEPS * one), (until - since) / MOST_STEPS
    )
    found = []
    while since < until:
        found.append(since)
        since += step
    return [*found, until]


def lanes_of(spans: Sequence[tuple[datetime, datetime]], most: int) -> list[int]:
    """Return for each stretch the lane in which it meets no other, lanes counted from 0.

    They come in the order of their beginnings. Where more than so many meet, the last lane has
    the rest.
    """
    ends: list[datetime] = []
    found = []
    for begin, end in spans:
        lane = next((at for at, free in enumerate(ends) if free <= begin), len(ends))
        if lane == len(ends) and lane < most:
            ends.append(end)
        lane = min(lane, most - 1)
        ends[lane] = max(ends[lane], end)
        found.append(lane)
    return found


def _instant(day: date, zone: tzinfo, hour: int = 0) -> datetime:
    """Return when a clock shows a full hour; where it is left out, when it would be without that.

    Of an hour that comes twice it is the first (PEP 495, fold 0).
    """
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
