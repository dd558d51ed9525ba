"""Numbers, money and dates as people of a place write them, by the Unicode CLDR."""

import datetime as dt
import zoneinfo
from decimal import Decimal
from functools import lru_cache

import babel
from babel import dates, numbers, units

from apps.documents.domain.expressions.writing import Write, writer

_WIDTHS = ("short", "medium", "long", "full")


class Locale:
    """A language and place, a currency and a time zone; raises ValueError if one is unknown."""

    __slots__ = ("_writers", "babel", "currency", "rtl", "tag", "zone")

    def __init__(self, tag: str = "en", currency: str = "USD", zone: str = "UTC") -> None:
        self.babel = _locale(tag)
        self.tag = str(self.babel).replace("_", "-")
        self.rtl = self.babel.text_direction == "rtl"
        if currency not in numbers.list_currencies():
            raise ValueError(f"no currency of ISO 4217: {currency[:40]!r}")
        self.currency = currency
        self._writers: dict[tuple[str, int | None], Write] = {}
        try:
            self.zone = zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no time zone: {zone[:60]!r}") from None

    def number(self, value: Decimal, digits: int | None = None) -> str:
        """Return a number with groups; `digits` after the point, else as many as it has."""
        return self._writer("number", digits)(value)

    def bare(self, value: Decimal) -> str:
        """Return a number with the point of the locale and no groups: it may be an id."""
        return self._writer("bare", None)(value)

    def money(self, value: Decimal, currency: str | None = None) -> str:
        """Return money with the sign and the digits of its currency."""
        return self._writer(currency or self.currency, None)(value)

    def percent(self, value: Decimal, digits: int = 0) -> str:
        """Return a share of one as percent."""
        return self._writer("percent", digits)(value)

    def _writer(self, kind: str, digits: int | None) -> Write:
        found = self._writers.get((kind, digits))
        if found is None:
            found = self._writers[kind, digits] = self._made(kind, digits)
        return found

    def _made(self, kind: str, digits: int | None) -> Write:
        place = self.babel
        if kind == "percent":
            return writer(place, place.percent_formats[None], digits=digits)
        if kind in ("number", "bare"):
            # What has its digits told is in groups of three, whatever the locale.
            usual = place.decimal_formats[None]
            pattern = usual if digits is None else numbers.parse_pattern("#,##0")
            return writer(place, pattern, digits=digits, groups=kind == "number")
        pattern = place.currency_formats["standard"]
        precision = numbers.get_currency_precision(kind)
        return writer(place, pattern, digits=precision, currency=kind)

    def date(self, value: dt.date, width: str = "medium") -> str:
        """Return a date; `width` is short, medium, long, full or a pattern of the CLDR."""
        if isinstance(value, dt.datetime):
            value = self.local(value).date()
        return _date(value, width, self.babel)

    def datetime(self, value: dt.datetime, width: str = "medium") -> str:
        """Return a moment in the time zone."""
        value = self.local(value)
        return _moment(value, value.fold, self.zone, width, self.babel, "datetime")

    def time(self, value: dt.datetime, width: str = "short") -> str:
        """Return the time of day in the time zone."""
        value = self.local(value)
        return _moment(value, value.fold, self.zone, width, self.babel, "time")

    def unit(self, value: Decimal, unit: str, width: str = "long") -> str:
        """Return a quantity with the word for its unit in the plural that it takes."""
        return units.format_unit(value, unit, width, locale=self.babel)  # type: ignore[arg-type]  # checked by the caller

    def plural(self, value: Decimal) -> str:
        """Return zero, one, two, few, many or other: the form that a number asks for."""
        return self.babel.plural_form(value)

    def local(self, value: dt.datetime) -> dt.datetime:
        """Return a moment in the time zone; one that names no zone is taken to be in it."""
        return (
            value.replace(tzinfo=self.zone) if value.tzinfo is None else value.astimezone(self.zone)
        )


# Rows of a table repeat their dates.
@lru_cache(maxsize=8_192)
def _date(value: dt.date, width: str, locale: babel.Locale) -> str:
    return dates.format_date(value, width, locale)


# Moments that are equal may be written apart: in another zone, or in an hour that comes twice.
@lru_cache(maxsize=8_192)
def _moment(
    value: dt.datetime,
    fold: int,
    zone: zoneinfo.ZoneInfo,
    width: str,
    locale: babel.Locale,
    kind: str,
) -> str:
    write = dates.format_datetime if kind == "datetime" else dates.format_time
    return write(value, width, locale=locale)


@lru_cache(maxsize=64)
def _locale(tag: str) -> babel.Locale:
    try:
        return babel.Locale.parse(tag.replace("-", "_"))
    except (babel.UnknownLocaleError, ValueError, TypeError):
        raise ValueError(f"no locale: {tag[:40]!r}") from None


def pattern_problem(pattern: str) -> str:
    """Return why a pattern of dates is not taken, or nothing."""
    if pattern in _WIDTHS:
        return ""
    if len(pattern) > 60:
        return "a pattern has at most 60 characters"
    try:
        dates.parse_pattern(pattern)
    except ValueError as error:
        return str(error)[:100]
    return ""
