"""Functions that write values in the locale, currency and time zone of the document."""

from decimal import Decimal

from babel.numbers import list_currencies
from babel.units import UnknownUnitError

from apps.documents.domain.expressions.dates import day_of, moment_of
from apps.documents.domain.expressions.locales import pattern_problem
from apps.documents.domain.expressions.signatures import Arguments, Function, table
from apps.documents.domain.expressions.values import Value

_WIDTHS = frozenset(("short", "long", "narrow"))
_FORMS = frozenset(("zero", "one", "two", "few", "many", "other"))
#: The CLDR takes its time.
_COST = 32
#: Beyond this a number is not written out with groups.
_LARGEST = Decimal(10) ** 34


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
    return given.frame.locale.number(value, digits)


def _currency(given: Arguments) -> Value:
    value = _amount(given)
    code = given.text(1) if len(given) > 1 else None
    if code is not None and code not in list_currencies():
        given.fail("value", f"no currency of ISO 4217: {code[:40]!r}")
    return "" if value is None else given.frame.locale.money(value, code)


def _percent(given: Arguments) -> Value:
    value = _amount(given)
    return "" if value is None else given.frame.locale.percent(value, given.whole(1, 0, 20, 0))


def _width(given: Arguments, absent: str) -> str:
    width = given.text(1, absent=absent)
    if problem := pattern_problem(width):
        given.fail("value", f"no format of dates: {problem}")
    return width


def _date(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return given.frame.locale.date(day_of(given, 0), _width(given, "medium"))


def _datetime(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return given.frame.locale.datetime(moment_of(given, 0), _width(given, "medium"))


def _time(given: Arguments) -> Value:
    if given.value(0) is None:
        return ""
    return given.frame.locale.time(moment_of(given, 0), _width(given, "short"))


def _unit(given: Arguments) -> Value:
    value, unit, width = _amount(given), given.text(1), given.text(2, absent="long")
    if width not in _WIDTHS:
        given.fail("value", "a unit is written `short`, `long` or `narrow`")
    if value is None:
        return ""
    try:
        return given.frame.locale.unit(value, unit[:60], width)
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
    return words.get(given.frame.locale.plural(given.number(0)), words["other"])


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
