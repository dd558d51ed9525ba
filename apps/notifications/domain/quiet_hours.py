"""Hours in which nobody is disturbed, by the clock on the person's wall.

A moment is quiet when the wall clock then shows a time within the hours. So in an hour that a zone
leaves out nothing is quiet, and one that it has twice is quiet twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_HOUR = timedelta(hours=1)
#: Between two moments of different offsets, this close, lies the change itself.
_EXACT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day until another, which may be that of the next day."""

    begins: time
    ends: time

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "QuietHours | None":
        """Return those of `{"from": "22:00", "until": "07:00"}`, None of nothing.

        Raises ValueError.
        """
        if not told:
            return None
        if set(told) != {"from", "until"}:
            raise ValueError('quiet hours are {"from": "22:00", "until": "07:00"}')
        begins, ends = time_of_day(told["from"]), time_of_day(told["until"])
        if begins == ends:
            raise ValueError("quiet hours end at another time than they begin")
        return cls(begins, ends)

    def hold(self, wall: time) -> bool:
        """Say whether a time of the day is quiet."""
        if self.begins < self.ends:
            return self.begins <= wall < self.ends
        return wall >= self.begins or wall < self.ends


def released_at(now: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """Return the first moment from now on that is not quiet, to the second; now if that is one."""
    moment = now
    while quiet.hold(moment.astimezone(zone).time()):
        moment = _next(moment, zone, quiet)
    return moment


def _next(moment: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """Return when the hours end, or when the zone changes its offset if that is before."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    ends = datetime.combine(wall.date(), quiet.ends)
    if ends <= wall:
        ends += timedelta(days=1)
    there = moment.astimezone(UTC) + (ends - wall)
    at = moment.astimezone(UTC)
    while at < there:
        later = min(at + _HOUR, there)
        if _offset(later, zone) != _offset(at, zone):
            return _change(at, later, zone)
        at = later
    return there


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second with the later offset."""
    before = before.replace(microsecond=0)
    old = _offset(before, zone)
    while after - before > _EXACT:
        middle = before + timedelta(seconds=(after - before) // _EXACT // 2)
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return before + _EXACT


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def time_of_day(text: Any) -> time:
    """Return the time of `22:00`; raises ValueError."""
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"a time of the day is 00:00 to 23:59, found {text!r:.40}")
    return time(int(found[1]), int(found[2]))
