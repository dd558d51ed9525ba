"""What a schedule may say of its times; only its form is judged here."""

import re
from functools import cache
from zoneinfo import available_timezones

#: A minute, an hour, a day of the month, a month and a day of the week.
FIELDS = 5

_FIELD = re.compile(r"[0-9A-Za-z*/,?#-]+")


class TimesError(ValueError):
    """Times that no schedule can have; the message says what was found."""


def check_cron(text: str) -> None:
    """Raise TimesError when a text does not have the form of a cron expression."""
    fields = text.split()
    if len(fields) != FIELDS:
        raise TimesError(f"a cron expression has {FIELDS} fields, found {len(fields)}")
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise TimesError(f"{field[:40]!r} is no field of a cron expression")


def check_time_zone(name: str) -> None:
    """Raise TimesError when there is no time zone of this name."""
    if name not in _zones():
        raise TimesError(f"{name[:40]!r} is no time zone, such as Europe/Amsterdam")


@cache
def _zones() -> frozenset[str]:
    # The folders of the time zones are read once.
    return frozenset(available_timezones())
