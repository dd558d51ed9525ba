"""Numbers written by a pattern of the CLDR: as babel writes them, with the pattern read once."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import babel
from babel import numbers

Write: TypeAlias = Callable[[Decimal], str]

_QUOTED = re.compile("'([^']*)'")


def writer(
    locale: babel.Locale,
    pattern: numbers.NumberPattern,
    *,
    digits: int | None,
    groups: bool = True,
    currency: str = "",
) -> Write:
    """Return what writes numbers with so many digits after the point, or as many as each has.

    tests/documents/test_locales.py compares it with babel, which takes six times as long.
    """
    decimal, group = numbers.get_decimal_symbol(locale), numbers.get_group_symbol(locale)
    prefixes = tuple(_affix(one, locale, currency) for one in pattern.prefix)
    suffixes = tuple(_affix(one, locale, currency) for one in pattern.suffix)
    first, other = pattern.grouping
    even = first == other == 3
    spec = f"{',' if groups and even else ''}{'' if digits is None else f'.{digits}'}f"
    symbols = {",": group, ".": decimal}
    table = None if symbols == {one: one for one in symbols} else str.maketrans(symbols)
    scale = pattern.scale

    def write(value: Decimal) -> str:
        if scale:
            value = value.scaleb(scale)
        negative = value.is_signed()
        value = abs(value)
        shown = format(value.normalize() if digits is None else value, spec)
        if groups and not even:
            shown = _grouped(shown, first, other)
        if table is not None:
            shown = shown.translate(table)
        return f"{prefixes[negative]}{shown}{suffixes[negative]}"

    return write


def _affix(text: str, locale: babel.Locale, currency: str) -> str:
    if currency:
        text = text.replace("¤¤", currency)
        text = text.replace("¤", numbers.get_currency_symbol(currency, locale))
    return _QUOTED.sub(lambda found: found[1] or "'", text)


def _grouped(shown: str, first: int, other: int) -> str:
    """Return a number in groups of `other` digits but for the last, as in 12,34,567."""
    whole, point, fraction = shown.partition(".")
    parts: list[str] = []
    size = first
    while len(whole) > size:
        parts.insert(0, whole[-size:])
        whole, size = whole[:-size], other
    return ",".join([whole, *parts]) + point + fraction
