"""Numbers, money and moments are written as babel writes them."""

import datetime as dt
from decimal import Decimal

import pytest
from babel import Locale as Babel
from babel import dates, numbers
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from apps.documents.domain.expressions.locales import Locale

TAGS = (
    "ar_AE", "ar_EG", "bn_BD", "de_AT", "de_DE", "en_IN", "en_US", "es_ES", "fa_IR",
    "fr_CA", "fr_FR", "he_IL", "hi_IN", "ja_JP", "nl_NL", "pl_PL", "pt_PT", "ru_RU",
    "sv_SE", "sw_KE", "tr_TR", "ur_PK", "zh_CN",
)  # fmt: skip
CURRENCIES = ("USD", "EUR", "CHF", "JPY", "KWD", "INR", "CLF", "XXX")
#: babel computes with 28 digits; beyond that it rounds, or raises.
NUMBERS = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=9)
EDGES = [
    Decimal(one)
    for one in (
        "0", "-0", "0.5", "-0.005", "1.005", "1.015", "2.5", "0.125", "999.995", "-999.995", "1E+3",
        "1E-9", "12345678.9", "99999", "100000", "0.10", "123456789012345678.5",
    )
]  # fmt: skip


def by_babel(kind: str, value: Decimal, tag: str, more: int | str) -> str:
    place = Babel.parse(tag)
    match kind, more:
        case "number", -1:
            return numbers.format_decimal(value, locale=place, decimal_quantization=False)
        case "number", int(digits):
            pattern = "#,##0." + "0" * digits if digits else "#,##0"
            return numbers.format_decimal(value, pattern, place)
        case "percent", int(digits):
            pattern = place.percent_formats[None].pattern
            if digits:
                pattern = pattern.replace("#,##0", "#,##0." + "0" * digits)
            return numbers.format_percent(value, pattern, place)
        case "money", str(currency):
            return numbers.format_currency(value, currency, locale=place)
    return numbers.format_decimal(
        value, locale=place, decimal_quantization=False, group_separator=False
    )


def by_us(kind: str, value: Decimal, tag: str, more: int | str) -> str:
    place = Locale(tag)
    match kind, more:
        case "number", int(digits):
            return place.number(value, None if digits < 0 else digits)
        case "percent", int(digits):
            return place.percent(value, digits)
        case "money", str(currency):
            return place.money(value, currency)
    return place.bare(value)


WAYS: list[tuple[str, int | str]] = [
    *(("number", digits) for digits in (-1, 0, 1, 2, 7)),
    *(("percent", digits) for digits in (0, 1, 3)),
    *(("money", currency) for currency in CURRENCIES),
    ("bare", 0),
]


@pytest.mark.parametrize("tag", TAGS)
def test_numbers_at_the_edges_are_as_babel_writes_them(tag: str) -> None:
    for kind, more in WAYS:
        for value in EDGES:
            assert by_us(kind, value, tag, more) == by_babel(kind, value, tag, more), (kind, value)


@given(NUMBERS, st.sampled_from(TAGS), st.sampled_from(WAYS))
def test_numbers_are_as_babel_writes_them(value: Decimal, tag: str, way: tuple[str, int]) -> None:
    assert by_us(way[0], value, tag, way[1]) == by_babel(way[0], value, tag, way[1])


def test_locales_of_every_kind_have_numbers_that_are_the_same() -> None:
    value = Decimal("-1234567.891")
    same = [tag for tag in locale_identifiers() if numbers.get_group_symbol(tag) != "'"]
    assert len(same) > 1_000
    for tag in same[::8]:
        for kind, more in (("number", -1), ("number", 2), ("money", "EUR"), ("percent", 0)):
            assert by_us(kind, value, tag, more) == by_babel(kind, value, tag, more), tag


def test_swiss_numbers_keep_their_groups() -> None:
    """babel takes two of the apostrophes for quotes, and leaves them out."""
    assert Locale("de_CH").number(Decimal("12345678.9")) == "12'345'678.9"
    assert Locale("de_CH").money(Decimal("-1234567.5"), "CHF") == "CHF-1'234'567.50"


def test_a_number_of_thirty_digits_is_written() -> None:
    assert Locale("en").number(Decimal(10) ** 30, 2) == "1" + ",000" * 10 + ".00"


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    place = Locale("en_GB", zone="Europe/London")
    summer, winter = (dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1))

    shown = [place.datetime(moment, "long") for moment in (summer, winter, summer)]

    assert shown == [
        dates.format_datetime(place.local(moment), "long", locale="en_GB")
        for moment in (summer, winter, summer)
    ]
    assert shown[0] != shown[1]
