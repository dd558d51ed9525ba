"""Time zones, by their names."""

from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

#: An interval is no shorter.
LEAST_SECONDS = 5
FIRST_YEAR, LAST_YEAR = 1970, 9000
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class TimesError(ValueError):
    """Times that no schedule can have; the message says what was found."""


def check_time_zone(name: str) -> None:
    """Raise TimesError when there is no time zone of this name."""
    if name not in _zones():
        raise TimesError(f"{name[:40]!r} is no time zone, such as Europe/Amsterdam")


def check_moment(moment: datetime | None) -> None:
    """Raise TimesError where nothing can be counted from."""
    if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise TimesError(f"a moment is within {FIRST_YEAR} to {LAST_YEAR}, found {moment.year}")


def describe_interval(seconds: int) -> str:
    """Return how often that is, in words: in the largest unit that it is a multiple of."""
    size, unit = next(one for one in _UNITS if seconds % one[0] == 0)
    count = seconds // size
    return f"Every {unit}" if count == 1 else f"Every {count:,} {unit}s"


@cache
def _zones() -> frozenset[str]:
    # The folders of the time zones are read once.
    return frozenset(available_timezones())
