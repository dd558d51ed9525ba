"""The fields of an expression: what each may hold, and what it was found to hold."""

import re
from dataclasses import dataclass
from functools import lru_cache

#: Of a weekday's occurrences in a month, the last.
LAST = 0
#: How often a weekday comes in a month at most.
MOST_IN_MONTH = 5
#: Written for "all of them"; the second in fields of days only.
STARS = ("*", "?")

_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_NEAREST = re.compile(r"([0-9]{1,2})W", re.ASCII)


class CronError(ValueError):
    """What is no cron expression: where, and what to write instead.

    `position` counts characters of the expression from 0.
    """

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        super().__init__(f"{message}, at character {position + 1}" + (f"; {hint}" if hint else ""))
        self.message, self.position, self.hint = message, position, hint

    def moved(self, by: int) -> "CronError":
        """Return the same, of a text that stands further back."""
        return CronError(self.message, self.position + by, self.hint)


@dataclass(frozen=True, slots=True)
class Field:
    """What a field may hold."""

    name: str
    least: int
    most: int
    #: Names of its values, the first that of `least`.
    names: tuple[str, ...] = ()


SECOND = Field("second", 0, 59)
MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31)
MONTH = Field(
    "month",
    1,
    12,
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
#: Sunday is 0, and 7 as well.
WEEKDAY = Field("day of the week", 0, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
YEAR = Field("year", 1970, 2099)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What one field holds; bit n of a mask stands for n."""

    #: Of years, bit n stands for 1970 + n.
    mask: int = 0
    #: It begins with a star, so it restricts nothing by itself (Debian cron).
    star: bool = False
    #: Of days of the month: the last, the last from Monday to Friday, those nearest to some.
    last: bool = False
    last_weekday: bool = False
    nearest: int = 0
    #: Of weekdays: each with which of the month, counted from 1, or `LAST`.
    nth: tuple[tuple[int, int], ...] = ()
    #: Both fields of days have to fit, whatever they hold.
    both: bool = False


def bits(least: int, most: int, step: int = 1) -> int:
    """Return a mask of every so many numbers of a range."""
    mask = 0
    for number in range(least, most + 1, step):
        mask |= 1 << number
    return mask


@lru_cache(maxsize=4096)
def read_field(field: Field, text: str) -> Values:
    """Read what a field holds; raises CronError with a position in this text."""
    both = field is WEEKDAY and text.startswith("+")
    start = 1 if both else 0
    found = _Found(field)
    position = start
    for item in text[start:].split(","):
        found.take(item, position)
        position += len(item) + 1
    return Values(
        mask=found.mask,
        star=text.startswith(STARS),
        last=found.last,
        last_weekday=found.last_weekday,
        nearest=found.nearest,
        nth=tuple(found.nth),
        both=both,
    )


class _Found:
    """What was found in the items of a field so far."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.mask = self.nearest = 0
        self.last = self.last_weekday = False
        self.nth: list[tuple[int, int]] = []

    def take(self, item: str, position: int) -> None:
        """Add what an item of the list says; raises CronError."""
        if not item:
            raise CronError(f"{self._field.name}: nothing between commas", position)
        if not (self._took_day(item, position) or self._took_weekday(item, position)):
            self.mask |= self._range(item, position)

    def _took_day(self, item: str, position: int) -> bool:
        if self._field is not DAY:
            return False
        if item == "L":
            self.last = True
        elif item in ("LW", "WL"):
            self.last_weekday = True
        elif nearest := _NEAREST.fullmatch(item):
            self.nearest |= 1 << self._number(nearest[1], position)
        elif item.startswith("L-"):
            raise CronError(
                "day of the month: days are not counted back from the last",
                position,
                "write L for the last day",
            )
        else:
            return False
        return True

    def _took_weekday(self, item: str, position: int) -> bool:
        if self._field is not WEEKDAY:
            return False
        if item == "L":
            raise CronError(
                "day of the week: L needs a day before it", position, "write 5L for the last Friday"
            )
        day, hash_, which = item.partition("#")
        if hash_:
            place = position + len(day) + 1
            if which != "L" and which not in ("1", "2", "3", "4", "5"):
                raise CronError(
                    f"day of the week: {which[:20]!r} says no occurrence in a month",
                    place,
                    f"write 1 to {MOST_IN_MONTH}, or L for the last",
                )
            number = LAST if which == "L" else int(which)
        elif item.endswith("L"):
            day, number = item[:-1], LAST
        else:
            return False
        self.nth.append((self._number(day, position) % 7, number))
        return True

    def _range(self, item: str, position: int) -> int:
        term, slash, told_step = item.partition("/")
        least, most = self._ends(term, position)
        step = 1
        if slash:
            place = position + len(term) + 1
            if not _NUMBER.fullmatch(told_step) or int(told_step) == 0:
                raise CronError(
                    f"{self._field.name}: {told_step[:20]!r} is no step",
                    place,
                    "write a number of 1 or more after the slash",
                )
            step = int(told_step)
            if "-" not in term and term not in STARS:
                most = self._field.most
        return self._mask(least, most, step)

    def _mask(self, least: int, most: int, step: int) -> int:
        if self._field is YEAR:
            return bits(least - YEAR.least, most - YEAR.least, step)
        mask = bits(least, most, step)
        # Sunday is told by either end of the week.
        return (mask | mask >> 7) & 0x7F if self._field is WEEKDAY else mask

    def _ends(self, term: str, position: int) -> tuple[int, int]:
        field = self._field
        if term == "*" or (term == "?" and field in (DAY, WEEKDAY)):
            return field.least, 6 if field is WEEKDAY else field.most
        if term == "?":
            raise CronError(f"{field.name}: ? is for days only", position, "write *")
        first, dash, second = term.partition("-")
        least = self._number(first, position)
        if not dash:
            return least, least
        place = position + len(first) + 1
        most = self._number(second, place)
        if field is WEEKDAY and most == 0 < least:
            # FRI-SUN is a range as people say it.
            most = 7
        if most < least:
            raise CronError(
                f"{field.name}: the range {term[:20]} goes backwards",
                position,
                f"write {first}-{field.names[-1] if field.names else field.most},"
                f"{field.names[0] if field.names else field.least}-{second}",
            )
        return least, most

    def _number(self, text: str, position: int) -> int:
        field = self._field
        if text in field.names:
            return field.names.index(text) + field.least
        if not _NUMBER.fullmatch(text):
            raise CronError(
                f"{field.name}: {text[:20]!r} is no value", position, _hint(field, text)
            )
        number = int(text)
        if not field.least <= number <= field.most:
            raise CronError(
                f"{field.name}: {number} is not within {field.least} to {field.most}",
                position,
                _hint(field, text),
            )
        return number


def _hint(field: Field, text: str) -> str:
    if text == "24" and field is HOUR:
        return "midnight is hour 0"
    if text == "60":
        return "the last is 59"
    if field.names and text[:3] in field.names:
        return f"write {text[:3]}"
    if field.names:
        return f"write a number, or one of {', '.join(field.names)}"
    return ""
