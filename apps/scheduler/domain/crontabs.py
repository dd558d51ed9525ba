"""Crontab files of Unix, read line by line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.times import TimesError, check_time_zone

_VARIABLE = re.compile(r"""\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*["']?(.*?)["']?\s*""")
_ZONES = ("CRON_TZ", "TZ")
_FIELDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: when, and what; or why it is none."""

    line: int
    cron: str = ""
    command: str = ""
    #: Whose, in a crontab of the system.
    user: str = ""
    time_zone: str = ""
    problem: str = ""


def read_crontab(lines: Iterable[str], *, system: bool = False) -> Iterator[Entry]:
    """Yield the entries of a crontab; one of the system names a user before each command.

    `CRON_TZ` and `TZ` hold for the lines behind them, as cronie has it; other variables are for
    commands, and passed over.
    """
    zone = ""
    for number, text in enumerate(lines, 1):
        told = text.strip()
        if not told or told.startswith("#"):
            continue
        variable = _VARIABLE.fullmatch(told)
        if variable:
            if variable[1] in _ZONES:
                zone = variable[2]
            continue
        yield _entry(number, told, zone, system=system)


def _entry(line: int, told: str, zone: str, *, system: bool) -> Entry:
    count = 1 if told.startswith("@") else _FIELDS
    words = told.split(maxsplit=count + (1 if system else 0))
    wanted = count + (2 if system else 1)
    if len(words) < wanted:
        return Entry(line=line, problem="there is no command behind the times")
    cron, rest = " ".join(words[:count]), words[count:]
    try:
        read(cron)
        if zone:
            check_time_zone(zone)
    except (CronError, TimesError) as error:
        return Entry(line=line, cron=cron, problem=str(error))
    user = rest[0] if system else ""
    return Entry(line=line, cron=cron, command=rest[-1], user=user, time_zone=zone)
