"""Which days of a month fit: by their numbers, by their weekdays, or by either."""

from calendar import monthrange
from functools import lru_cache

from apps.scheduler.domain.cron.fields import LAST, Values

#: A week's mask times this is the mask of five weeks.
_WEEKS = 0b1_0000001_0000001_0000001_0000001
_SATURDAY = 6


@lru_cache(maxsize=8192)
def _shape(year: int, month: int) -> tuple[int, int, int]:
    """Return the weekday of the first (Sunday is 0), how many days, and the mask of them."""
    monday_first, length = monthrange(year, month)
    return (monday_first + 1) % 7, length, (1 << length + 1) - 2


def days_of(day: Values, weekday: Values, year: int, month: int) -> int:
    """Return the days of a month that fit; bit n stands for day n.

    Where both fields say something either may fit; where one begins with a star, or `+` asks for
    it, both have to (Debian cron; OCPS 1.4).
    """
    first, length, all_ = _shape(year, month)
    by_day = day.mask & all_
    if day.last or day.last_weekday or day.nearest:
        by_day |= _special_days(day, first, length)
    by_weekday = _of_week(weekday.mask, first) & all_
    if weekday.nth:
        by_weekday |= _nth_weekdays(weekday, first, length)
    if day.star or weekday.star or weekday.both:
        return by_day & by_weekday
    return by_day | by_weekday


def _of_week(mask: int, first: int) -> int:
    """Return the days whose weekday is of a mask, in a month that begins on this weekday."""
    week = (mask >> first | mask << 7 - first) & 0x7F
    return week * _WEEKS << 1


def _weekday(day: int, first: int) -> int:
    return (first + day - 1) % 7


def _special_days(day: Values, first: int, length: int) -> int:
    found = 0
    if day.last:
        found |= 1 << length
    if day.last_weekday:
        found |= 1 << _nearest(length, first, length)
    for number in range(1, length + 1):
        # Nearest to a day that the month does not have is none.
        if day.nearest >> number & 1:
            found |= 1 << _nearest(number, first, length)
    return found


def _nearest(day: int, first: int, length: int) -> int:
    """Return the day from Monday to Friday that is nearest to one, within the month."""
    weekday = _weekday(day, first)
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


def _nth_weekdays(weekday: Values, first: int, length: int) -> int:
    found = 0
    for one, which in weekday.nth:
        # The first day of the month with this weekday.
        day = 1 + (one - first) % 7
        if which == LAST:
            day += (length - day) // 7 * 7
        else:
            day += 7 * (which - 1)
        if day <= length:
            found |= 1 << day
    return found
