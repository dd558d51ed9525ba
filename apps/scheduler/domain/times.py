"""Time zones, by their names."""

from functools import cache
from zoneinfo import available_timezones


class TimesError(ValueError):
    """Times that no schedule can have; the message says what was found."""


def check_time_zone(name: str) -> None:
    """Raise TimesError when there is no time zone of this name."""
    if name not in _zones():
        raise TimesError(f"{name[:40]!r} is no time zone, such as Europe/Amsterdam")


@cache
def _zones() -> frozenset[str]:
    # The folders of the time zones are read once.
    return frozenset(available_timezones())
