"""Functions of dates. JSON has none: a text of ISO 8601 stands for one wherever one is wanted."""

import calendar
import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from contracts.expressions.signatures import Arguments, Function, table
from contracts.expressions.values import Value

_MOST_DAYS = 4_000_000


def day_of(given: Arguments, position: int) -> dt.date:
    """Return a date, or a moment, of an argument."""
    value = given.value(position)
    if isinstance(value, dt.date):
        return value
    text = given.text(position)
    try:
        return dt.date.fromisoformat(text) if len(text) <= 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        given.fail("value", f"no date of ISO 8601: {text[:40]!r}")


def _add_days(given: Arguments) -> Value:
    try:
        return day_of(given, 0) + dt.timedelta(days=given.whole(1, -_MOST_DAYS, _MOST_DAYS))
    except OverflowError:
        given.fail("overflow", "the date is beyond the year 9999, or before the year 1")


def _add_months(given: Arguments) -> Value:
    """The last day of a month stays the last where the month is shorter."""
    day = day_of(given, 0)
    months = day.year * 12 + day.month - 1 + given.whole(1, -120_000, 120_000)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        given.fail("overflow", "the date is beyond the year 9999, or before the year 1")
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def _days_between(given: Arguments) -> Value:
    first, second = day_of(given, 0), day_of(given, 1)
    return Decimal(second.toordinal() - first.toordinal())


def _part(read: Callable[[dt.date], int]) -> Callable[[Arguments], Value]:
    return lambda given: Decimal(read(day_of(given, 0)))


DATES = table(
    Function("to_date", lambda given: day_of(given, 0), 1, 1, "date"),
    Function("add_days", _add_days, 2, 2, "date"),
    Function("add_months", _add_months, 2, 2, "date"),
    Function("days_between", _days_between, 2, 2, "number"),
    Function("year", _part(lambda day: day.year), 1, 1, "number"),
    Function("month", _part(lambda day: day.month), 1, 1, "number"),
    Function("day", _part(lambda day: day.day), 1, 1, "number"),
    Function("weekday", _part(lambda day: day.isoweekday()), 1, 1, "number"),
)
