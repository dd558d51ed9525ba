"""Whole expressions: five, six or seven fields, or a nickname."""

import re
from dataclasses import dataclass
from functools import lru_cache

from apps.scheduler.domain.cron.days import days_of
from apps.scheduler.domain.cron.fields import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    YEAR,
    CronError,
    Field,
    Values,
    read_field,
)

#: The longest expression.
MOST_CHARACTERS = 200
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_FIVE = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_SHAPES = {5: _FIVE, 6: (SECOND, *_FIVE), 7: (SECOND, *_FIVE, YEAR)}
_WORD = re.compile(r"\S+")
_AT_ZERO = Values(mask=1)
_ANY_YEAR = Values(star=True)


# Not frozen: that costs a quarter of the time that reading takes. Nobody changes one.
@dataclass(slots=True, kw_only=True, eq=False)
class Cron:
    """An expression that was read. Bit n of a mask stands for n."""

    text: str
    second: Values
    minute: Values
    hour: Values
    day: Values
    month: Values
    weekday: Values
    year: Values
    #: The same as plain numbers, for the one function that is called often.
    seconds: int
    minutes: int
    hours: int
    months: int
    #: Bit n stands for 1970 + n; 0 for every year.
    years: int
    #: The first time of a day: hour, minute, second.
    first: tuple[int, int, int]
    first_month: int
    #: It has a time of the day, so it runs once for it however clocks are changed (Debian cron);
    #: one whose minute or hour begins with a star follows real time.
    fixed: bool

    def days(self, year: int, month: int) -> int:
        """Return the days of a month that fit; bit n stands for day n."""
        return days_of(self.day, self.weekday, year, month)


def read(text: str) -> Cron:
    """Read an expression; raises CronError."""
    return _read(text)


def read_anew(text: str) -> Cron:
    """Read an expression that was not read before; raises CronError."""
    if len(text) > MOST_CHARACTERS:
        raise CronError(f"an expression has at most {MOST_CHARACTERS} characters", MOST_CHARACTERS)
    words = text.split()
    if text.lstrip().startswith("@"):
        words = _of_nickname(text, words)
    shape = _SHAPES.get(len(words))
    if shape is None:
        raise CronError(
            f"a cron expression has 5 fields, or 6 with seconds, or 7 with years,"
            f" found {len(words)}",
            len(text),
            "such as `0 3 * * *` for three in the morning",
        )
    held = {SECOND: _AT_ZERO, YEAR: _ANY_YEAR}
    for number, (field, word) in enumerate(zip(shape, words, strict=True)):
        try:
            held[field] = read_field(field, word.upper())
        except CronError as error:
            raise error.moved(_start(text, number)) from None
    return _cron(text, held)


_read = lru_cache(maxsize=4096)(read_anew)


def _cron(text: str, held: dict[Field, Values]) -> Cron:
    second, minute, hour = held[SECOND], held[MINUTE], held[HOUR]
    month, year = held[MONTH], held[YEAR]
    return Cron(
        text=text,
        second=second,
        minute=minute,
        hour=hour,
        day=held[DAY],
        month=month,
        weekday=held[WEEKDAY],
        year=year,
        seconds=second.mask,
        minutes=minute.mask,
        hours=hour.mask,
        months=month.mask,
        years=0 if year.star and _is_all_years(year) else year.mask,
        first=(lowest(hour.mask), lowest(minute.mask), lowest(second.mask)),
        first_month=lowest(month.mask),
        fixed=not (minute.star or hour.star),
    )


def lowest(mask: int) -> int:
    """Return the least number of a mask that is not empty."""
    return (mask & -mask).bit_length() - 1


def numbers(mask: int) -> list[int]:
    """Return the numbers of a mask in their order."""
    return [number for number in range(mask.bit_length()) if mask >> number & 1]


def _is_all_years(year: Values) -> bool:
    return year.mask == 0 or year.mask == (1 << YEAR.most - YEAR.least + 1) - 1


def _start(text: str, number: int) -> int:
    """Return where a word of a text begins."""
    return [word.start() for word in _WORD.finditer(text)][number]


def _of_nickname(text: str, words: list[str]) -> list[str]:
    word, *more = words
    start = _start(text, 0)
    known = NICKNAMES.get(word.lower())
    if word.lower() == "@reboot":
        raise CronError("@reboot names no time", start, "a platform is not started at one")
    if known is None:
        raise CronError(f"{word[:20]!r} is no nickname", start, f"there are {', '.join(NICKNAMES)}")
    if more:
        raise CronError(f"nothing stands behind {word}", _start(text, 1))
    return known.split()
