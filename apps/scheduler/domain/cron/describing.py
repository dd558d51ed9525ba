"""Expressions as people say them."""

from collections.abc import Sequence

from apps.scheduler.domain.cron.expressions import Cron, numbers
from apps.scheduler.domain.cron.fields import YEAR, Values, bits
from apps.scheduler.domain.cron.languages import ENGLISH, LANGUAGES, Language

#: Times that are listed one by one; more are told by their hours and minutes.
MOST_TIMES = 6
#: Numbers in a row that are told as a range.
_RUN = 3

_ALL_60, _ALL_24 = bits(0, 59), bits(0, 23)


def describe(cron: Cron, language: str = "en") -> str:
    """Return what an expression says: in English, de, es, fr or nl; English for any other."""
    words = LANGUAGES.get(language.partition("-")[0].lower(), ENGLISH)
    parts = (_times(cron, words), _days(cron, words), _months(cron, words), _years(cron, words))
    told = " ".join(part for part in parts if part)
    return told[0].upper() + told[1:]


def _times(cron: Cron, words: Language) -> str:
    hours, minutes, seconds = numbers(cron.hours), numbers(cron.minutes), numbers(cron.seconds)
    if len(seconds) == 1 and len(hours) * len(minutes) <= MOST_TIMES:
        tail = f":{seconds[0]:02}" if seconds[0] else ""
        times = [f"{hour:02}:{minute:02}{tail}" for hour in hours for minute in minutes]
        return words.at.format(_listed(times, words.and_))
    parts = []
    if cron.seconds != 1:
        parts.append(
            _every(cron.seconds, _ALL_60, words.every_second, words.every_seconds)
            or words.seconds.format(_numbers(seconds, words))
        )
    if not (cron.seconds != 1 and cron.minutes == _ALL_60):
        every_hour = cron.minutes == 1 and _every(
            cron.hours, _ALL_24, words.every_hour, words.every_hours
        )
        if every_hour:
            return " ".join([*parts, every_hour])
        parts.append(
            _every(cron.minutes, _ALL_60, words.every_minute, words.every_minutes)
            or words.minutes.format(_numbers(minutes, words))
        )
    if cron.hours == _ALL_24 and len(parts) == 1 and parts[0].startswith(words.minutes[:3]):
        parts.append(words.every_hour)
    if cron.hours != _ALL_24:
        parts.append(words.hours.format(_numbers(hours, words)))
    return ", ".join(parts) if len(parts) > 2 else " ".join(parts)


def _every(mask: int, all_: int, one: str, many: str) -> str:
    """Return "every n" for a mask of such steps from 0, and nothing for any other."""
    if mask == all_:
        return one
    most = all_.bit_length() - 1
    for step in range(2, most // 2 + 2):
        # A step that does not go into the whole is none across its end.
        if (most + 1) % step == 0 and mask == bits(0, most, step):
            return many.format(step)
    return ""


def _days(cron: Cron, words: Language) -> str:
    by_day, by_weekday = _by_day(cron.day, words), _by_weekday(cron, words)
    if not (by_day and by_weekday):
        return by_day or by_weekday
    if cron.day.star or cron.weekday.star or cron.weekday.both:
        return f"{by_day}, {words.both.format(_weekdays_listed(cron.weekday, words))}"
    return f"{by_day} {words.or_} {by_weekday}"


def _by_day(day: Values, words: Language) -> str:
    if day.mask == bits(1, 31):
        return ""
    parts = []
    if day.mask:
        parts.append(words.on_days.format(_numbers(numbers(day.mask), words)))
    if day.nearest:
        parts.append(words.nearest.format(_numbers(numbers(day.nearest), words)))
    if day.last_weekday:
        parts.append(words.last_weekday)
    if day.last:
        parts.append(words.last_day)
    return _listed(parts, words.and_)


def _by_weekday(cron: Cron, words: Language) -> str:
    if cron.weekday.mask == bits(0, 6):
        return ""
    days = _week(cron.weekday)
    if not cron.weekday.nth and len(days) >= _RUN and days[-1] - days[0] == len(days) - 1:
        names = _from_monday(words)
        return words.weekday_run.format(names[days[0]], names[days[-1]])
    return words.on_weekdays.format(_weekdays_listed(cron.weekday, words))


def _weekdays_listed(weekday: Values, words: Language) -> str:
    parts = _with_ranges(_week(weekday), _from_monday(words), words)
    parts += [words.occurrence(day, which) for day, which in weekday.nth]
    return _listed(parts, words.and_)


def _week(weekday: Values) -> list[int]:
    """Return weekdays counted from Monday: the week begins there where people tell ranges of it."""
    return sorted((day - 1) % 7 for day in numbers(weekday.mask))


def _from_monday(words: Language) -> tuple[str, ...]:
    return (*words.weekdays[1:], words.weekdays[0])


def _months(cron: Cron, words: Language) -> str:
    if cron.months == bits(1, 12):
        return ""
    names = ("", *words.months)
    return words.in_months.format(
        _listed(_with_ranges(numbers(cron.months), names, words), words.and_)
    )


def _years(cron: Cron, words: Language) -> str:
    if not cron.years:
        return ""
    years = [YEAR.least + number for number in numbers(cron.years)]
    return words.in_years.format(_numbers(years, words))


def _numbers(found: Sequence[int], words: Language) -> str:
    return _listed(_with_ranges(found, None, words), words.and_)


def _with_ranges(found: Sequence[int], names: Sequence[str] | None, words: Language) -> list[str]:
    """Return names of numbers, of those in a row the first and the last."""

    def name(number: int) -> str:
        return names[number] if names else str(number)

    told: list[str] = []
    start = 0
    for end in range(1, len(found) + 1):
        if end < len(found) and found[end] == found[end - 1] + 1:
            continue
        run = found[start:end]
        if len(run) >= _RUN:
            told.append(words.to.format(name(run[0]), name(run[-1])))
        else:
            told += [name(number) for number in run]
        start = end
    return told


def _listed(parts: Sequence[str], and_: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {and_} {parts[-1]}"
