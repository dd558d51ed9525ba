"""Functions that write values in the locale, currency and time zone of the document."""

import datetime as dt
from decimal import Decimal

from babel.numbers import list_currencies
from babel.units import UnknownUnitError

from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale, pattern_problem
from contracts.expressions.dates import day_of
from contracts.expressions.signatures import Arguments, Function, table
from contracts.expressions.values import Value

_WIDTHS = frozenset(("short", "long", "narrow"))
_FORMS = frozenset(("zero", "one", "two", "few", "many", "other"))
#: The CLDR takes its time.
_COST = 32
#: Beyond this a number is not written out with groups.
_LARGEST = Decimal(10) ** 34


def _locale(given: Arguments) -> Locale:
    """Return the place that a template is filled for."""
    if not isinstance(given.frame, Frame):
        raise TypeError("functions of locales are for frames that have one")
    return given.frame.locale


def _moment_of(given: Arguments, position: int) -> dt.datetime:
    """Return a moment; a date is its midnight in the time zone of the document."""
    found = day_of(given, position)
    if not isinstance(found, dt.datetime):
        found = dt.datetime.combine(found, dt.time(), _locale(given).zone)
    return found


def _amount(given: Arguments) -> Decimal | None:
    """Return the number to write; null is written as nothing."""
    if given.value(0) is None:
        return None
    number = given.number(0)
    if abs(number) >= _LARGEST:
        given.fail("overflow", "the number is too large to be written out")
    return number


def _number(given: Arguments) -> Value:
    value = _amount(given)
    if value is None:
        return ""
    digits = given.whole(1, 0, 20) if len(given) > 1 else None
    return _locale(given).number(value, digits)


def _currency(given: Arguments) -> Value:
    value = _amount(given)
    code = given.text(1) if len(given) > 1 else None
    if code is not None and code not in list_currencies():
        given.fail("value", f"no currency of ISO 4217: {code[:40]!r}")
    return "" if value is None else _locale(given).money(value, code)


def _percent(given: Arguments) -> Value:
    value = _amount(given)
    return "" if value is None else _locale(given).percent(value, given.whole(1, 0, 20, 0))


def _width(given: Arguments, absent: str) -> str:
    width = given.text(1, absent=absent)
    if problem := pattern_problem(width):
        given.fail("value", f"no format of dates: {problem}")
    return width


def _date(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return _locale(given).date(day_of(given, 0), _width(given, "medium"))


def _datetime(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return _locale(given).datetime(_moment_of(given, 0), _width(given, "medium"))


def _time(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return _locale(given).time(_moment_of(given, 0), _width(given, "short"))


def _unit(given: Arguments) -> Value:
    value, unit, width = _amount(given), given.text(1), given.text(2, absent="long")
    if width not in _WIDTHS:
        given.fail("value", "a unit is written `short`, `long` or `narrow`")
    if value is None:
        return ""
    try:
        return _locale(given).unit(value, unit[:60], width)
    except (UnknownUnitError, ValueError):
        given.fail("value", f"no unit of the CLDR: {unit[:40]!r}, such as `kilometer` or `day`")


def _plural(given: Arguments) -> Value:
    """`plural(n, "one", "box", "other", "boxes")`: pairs of form and word."""
    if len(given) % 2 == 0:
        given.fail("arguments", "`plural` takes a number and pairs of form and word")
    words = {given.text(at): given.text(at + 1) for at in range(1, len(given), 2)}
    if unknown := words.keys() - _FORMS:
        given.fail("value", f"no plural form: {min(unknown)[:40]!r}")
    if "other" not in words:
        given.fail("value", "`plural` needs the form `other`")
    return words.get(_locale(given).plural(given.number(0)), words["other"])


FORMATS = table(
    Function("number", _number, 1, 2, "text", cost=_COST),
    Function("currency", _currency, 1, 2, "text", cost=_COST),
    Function("percent", _percent, 1, 2, "text", cost=_COST),
    Function("date", _date, 1, 2, "text", cost=_COST),
    Function("datetime", _datetime, 1, 2, "text", cost=_COST),
    Function("time", _time, 1, 2, "text", cost=_COST),
    Function("unit", _unit, 2, 3, "text", cost=_COST),
    Function("plural", _plural, 3, 13, "text", cost=_COST),
)
