"""What a text is as a value of each kind, and with which code it is none; both ways agree."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars
import pytest

from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, chunk, codes, plan_of, types, values

BERLIN = ZoneInfo("Europe/Berlin")


def one(kind: Kind, text: str, zone: str = "UTC", **more: Any) -> Any:
    """Return the value of a text, or the code of what is wrong with it."""
    fields = (Field(name="mark"), Field(name="value", kind=kind, **more))
    plan = plan_of(*fields, zone=ZoneInfo(zone))
    found = checked(plan, chunk([["x", text]]))
    if found.problems:
        assert found.good.height == 0
        return found.problems[0].code
    return values(found, "value")[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-7", -7),
        ("+7", 7),
        (" 42 ", 42),
        ("\u00a042", 42),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", "OUT_OF_RANGE"),
        ("12345678901234567890", "OUT_OF_RANGE"),
        ("9" * 5_000, "OUT_OF_RANGE"),
        ("0" * 5_000 + "1", 1),
        ("1.0", "NOT_AN_INTEGER"),
        ("1e3", "NOT_AN_INTEGER"),
        ("1_000", "NOT_AN_INTEGER"),
        ("1,000", "NOT_AN_INTEGER"),
        ("0x1F", "NOT_AN_INTEGER"),
        ("\uff14\uff12", "NOT_AN_INTEGER"),
        ("--1", "NOT_AN_INTEGER"),
        ("", None),
        ("  ", None),
    ],
)
def test_an_integer_is_whole_and_within_64_bits(text: str, value: Any) -> None:
    assert one(Kind.INTEGER, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", Decimal("1.5")),
        ("0.1", Decimal("0.1")),
        ("-0", Decimal(0)),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e3", Decimal(1000)),
        ("1.5E-3", Decimal("0.0015")),
        ("9" * 18 + "." + "9" * 20, Decimal("9" * 18 + "." + "9" * 20)),
        ("-" + "9" * 18, Decimal("-" + "9" * 18)),
        ("1" + "0" * 18, "OUT_OF_RANGE"),
        ("1e30", "OUT_OF_RANGE"),
        ("1e9999", "OUT_OF_RANGE"),
        ("0.123456789012345678900", Decimal("0.1234567890123456789")),
        ("0.123456789012345678901", "TOO_MANY_DIGITS"),
        ("1e-21", "TOO_MANY_DIGITS"),
        ("NaN", "NOT_A_DECIMAL"),
        ("Infinity", "NOT_A_DECIMAL"),
        ("1,5", "NOT_A_DECIMAL"),
        (".", "NOT_A_DECIMAL"),
        ("1.2.3", "NOT_A_DECIMAL"),
    ],
)
def test_a_decimal_is_exact_or_refused(text: str, value: Any) -> None:
    assert one(Kind.DECIMAL, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("0999-12-31", dt.date(999, 12, 31)),
        ("0001-01-01", dt.date(1, 1, 1)),
        ("9999-12-31", dt.date(9999, 12, 31)),
        (" 2024-02-29\t", dt.date(2024, 2, 29)),
        *[
            (text, "NOT_A_DATE")
            for text in (
                "2024-02-30",
                "2023-02-29",
                "0000-01-01",
                "2024-13-01",
                "2024-1-5",
                "2024-01-5",
                "20240105",
                "+2024-1-05",
                " 2024-1-05",
                "2024- 1-05",
                "20240-1-05",
                "2024-01-05T00:00:00",
                "05.01.2024",
                "2024/01/05",
                "\uff12\uff10\uff12\uff14-01-05",
            )
        ],
    ],
)
def test_a_date_is_a_day_of_the_calendar_by_iso_8601(text: str, value: Any) -> None:
    assert one(Kind.DATE, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29T13:30:00Z", "2024-02-29T13:30:00"),
        ("2024-02-29 13:30:00Z", "2024-02-29T13:30:00"),
        ("2024-02-29t13:30:00z", "2024-02-29T13:30:00"),
        ("2024-02-29T13:30Z", "2024-02-29T13:30:00"),
        ("2024-02-29T13:30:00.5Z", "2024-02-29T13:30:00.500000"),
        ("2024-02-29T13:30:00.123456Z", "2024-02-29T13:30:00.123456"),
        ("2024-02-29T13:30:00.123456000Z", "2024-02-29T13:30:00.123456"),
        ("2024-02-29T13:30:00.1234567Z", "NOT_A_DATETIME"),
        ("2024-02-29T13:30:00+02:00", "2024-02-29T11:30:00"),
        ("2024-02-29T13:30:00-0530", "2024-02-29T19:00:00"),
        ("2024-02-29T13:30:00+02", "2024-02-29T11:30:00"),
        ("2024-02-29T13:30:00 +02:00", "2024-02-29T11:30:00"),
        ("2024-02-29T13:30:00", "2024-02-29T13:30:00"),
        ("2024-02-30T13:30:00Z", "NOT_A_DATETIME"),
        ("2024-02-29T24:00:00Z", "NOT_A_DATETIME"),
        ("2024-02-29T23:59:60Z", "NOT_A_DATETIME"),
        ("2024-02-29T13:60:00Z", "NOT_A_DATETIME"),
        ("2024-02-29T13:30:00+25:00", "NOT_A_DATETIME"),
        ("2024-02-29T1:30:00Z", "NOT_A_DATETIME"),
        ("2024-02-29", "2024-02-29T00:00:00"),
        ("2024-02-30", "NOT_A_DATETIME"),
        ("2024-02-29T", "NOT_A_DATETIME"),
        ("0000-02-29T13:30:00Z", "NOT_A_DATETIME"),
        ("0001-01-01T00:00:00+01:00", "NOT_A_DATETIME"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999"),
        ("9999-12-31T23:59:59-01:00", "NOT_A_DATETIME"),
        ("1700000000", "NOT_A_DATETIME"),
    ],
)
def test_a_moment_is_told_in_utc(text: str, value: str) -> None:
    found = one(Kind.DATETIME, text)

    if isinstance(found, dt.datetime):
        assert found.tzinfo is not None
        assert found.utcoffset() == dt.timedelta()
        found = found.replace(tzinfo=None).isoformat()
    assert found == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-07-01T12:00:00", "2024-07-01T10:00:00"),
        ("2024-01-01T12:00:00.25", "2024-01-01T11:00:00.250000"),
        ("2024-03-31T01:59:59", "2024-03-31T00:59:59"),
        ("2024-03-31T02:30:00", "NO_SUCH_TIME"),
        ("2024-03-31T03:00:00", "2024-03-31T01:00:00"),
        # It comes twice: the first is taken, which is summer time.
        ("2024-10-27T02:30:00", "2024-10-27T00:30:00"),
        ("2024-10-27T02:30:00+01:00", "2024-10-27T01:30:00"),
        ("2500-07-01T12:00:00", "2500-07-01T10:00:00"),
        ("1880-07-01T12:00:00", "1880-07-01T11:06:32"),
    ],
)
def test_a_time_without_offset_is_of_the_zone_of_the_import(text: str, value: str) -> None:
    found = one(Kind.DATETIME, text, zone="Europe/Berlin")

    assert found == value or found.replace(tzinfo=None).isoformat() == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, True) for text in ("true", "TRUE", "True", "tRuE", "t", "yes", "Y", "on", "1")],
        *[(text, False) for text in ("false", "False", "f", "no", "N", "OFF", "0", " 0")],
        *[
            (text, "NOT_A_BOOLEAN")
            for text in ("2", "ja", "wahr", "-", "01", "\uff54\uff52\uff55\uff45")
        ],
    ],
)
def test_a_boolean_is_one_of_few_words(text: str, value: Any) -> None:
    assert one(Kind.BOOLEAN, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[
            (text, "6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b48")
            for text in (
                "6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b48",
                "6F1D6A2E-8C0B-4F6E-9A57-0D6F3C1E2B48",
                "6f1d6a2e8c0b4f6e9a570d6f3c1e2b48",
            )
        ],
        *[
            (text, "NOT_A_UUID")
            for text in ("6f1d6a2e-8c0b-4f6e-9a57", "{6f1d6a2e8c0b4f6e9a570d6f3c1e2b48}", "x" * 36)
        ],
    ],
)
def test_a_uuid_is_told_as_one_writes_it(text: str, value: str) -> None:
    assert one(Kind.UUID, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2]}', '{"a": [1, 2]}'),
        ("null", "null"),
        (' "x" ', '"x"'),
        ('"\\\\u0000"', '"\\\\u0000"'),
        ("{'a': 1}", "NOT_JSON"),
        ("NaN", "NOT_JSON"),
        ('"\\u0000"', "NOT_JSON"),
        ('{"\\u0000": 1}', "NOT_JSON"),
        ("[" * 5_000 + "]" * 5_000, "NOT_JSON"),
    ],
)
def test_json_is_kept_as_it_is(text: str, value: str) -> None:
    assert one(Kind.JSON, text) == value


@pytest.mark.parametrize(
    "text",
    ["00123", "12345678901234567890", " spaces ", "NULL", "null", "NaN", "1e5", "ß€🎉", "=1+1"],
)
def test_a_text_stays_as_it_is(text: str) -> None:
    assert one(Kind.TEXT, text) == text


def test_a_text_holds_no_nul() -> None:
    assert one(Kind.TEXT, "a\0b") == "NOT_A_TEXT"


def test_an_empty_cell_is_null_whether_quoted_or_not() -> None:
    plan = plan_of(Field(name="a"), Field(name="b"), Field(name="c", kind=Kind.INTEGER))

    found = checked(plan, b'x,"",""\nx,,\n')

    assert found.good.rows() == [(0, "x", None, None), (1, "x", None, None)]


def test_good_rows_are_typed_by_their_fields() -> None:
    plan = plan_of(*(Field(name=kind.value, kind=kind) for kind in Kind))

    for data in (b"", b'a,1,1.5,true,2024-01-01,2024-01-01T00:00:00Z,,"{}"\n'):
        assert types(checked(plan, data)) == {
            "row": polars.UInt32,
            "text": polars.String,
            "integer": polars.Int64,
            "decimal": polars.Decimal(38, 20),
            "boolean": polars.Boolean,
            "date": polars.Date,
            "datetime": polars.Datetime("us", "UTC"),
            "uuid": polars.String,
            "json": polars.String,
        }


@pytest.mark.parametrize(
    ("rules", "text", "code"),
    [
        ({"required": True}, "", "REQUIRED"),
        ({"max_length": 3}, "äöüß", "TOO_LONG"),
        ({"max_length": 4}, "äöü🎉", None),
        ({"min_length": 3}, "🎉", "TOO_SHORT"),
        ({"pattern": "[a-z]+"}, "abc1", "NO_MATCH"),
        ({"pattern": "a|ab"}, "ab", None),
        ({"pattern": r"\d+"}, "\uff14\uff12", "NO_MATCH"),
        ({"pattern": r"\w+"}, "ä", "NO_MATCH"),
        ({"pattern": "a.c"}, "a\nc", "NO_MATCH"),
        ({"pattern": "abc$"}, "abc\n", "NO_MATCH"),
        ({"pattern": "(?i)abc"}, "ABC", None),
        ({"pattern": "(a*)*b"}, "a" * 20_000, "NO_MATCH"),
        ({"choices": ("red", "green")}, "Red", "NOT_A_CHOICE"),
        ({"choices": ("red", "green")}, "red", None),
        ({"kind": Kind.INTEGER, "choices": ("1", "2")}, "01", None),
        ({"kind": Kind.DECIMAL, "choices": ("1.5",)}, "1.50", None),
        ({"kind": Kind.DECIMAL, "choices": ("1.5",)}, "1.6", "NOT_A_CHOICE"),
        ({"kind": Kind.INTEGER, "minimum": "0"}, "-1", "OUT_OF_RANGE"),
        ({"kind": Kind.INTEGER, "minimum": "0"}, "0", None),
        ({"kind": Kind.DECIMAL, "maximum": "0.3"}, "0.300000001", "OUT_OF_RANGE"),
        ({"kind": Kind.DECIMAL, "maximum": "0.3"}, "0.3", None),
        ({"kind": Kind.DATE, "minimum": "2024-01-01"}, "2023-12-31", "OUT_OF_RANGE"),
        ({"kind": Kind.DATETIME, "maximum": "2024-01-01T00:00:00Z"}, "2024-01-01T00:00:00Z", None),
        (
            {"kind": Kind.DATETIME, "maximum": "2024-01-01T00:00:00Z"},
            "2024-01-01T00:30:00Z",
            "OUT_OF_RANGE",
        ),
    ],
)
def test_a_field_has_rules(rules: dict[str, Any], text: str, code: str | None) -> None:
    plan = plan_of(Field(name="mark"), Field(**{"name": "value"} | rules))

    found = checked(plan, chunk([["x", text]]))

    assert codes(found) == ([(0, "value", code)] if code else [])


def test_a_problem_shows_place_value_and_what_is_expected() -> None:
    plan = plan_of(Field(name="opened", kind=Kind.DATE), Field(name="name", max_length=3))

    found = checked(plan, b'2024-02-29,"a\nb"\n2024-02-30,' + b"x" * 300 + b"\n")

    [day, name] = found.problems
    assert (day.row, day.line, day.column, day.source) == (1, 2, "opened", "opened")
    assert (day.value, day.code) == ("2024-02-30", "NOT_A_DATE")
    assert day.message == "there is no such day in the calendar"
    assert (name.value, name.code) == ("x" * 200, "TOO_LONG")
    assert name.message == "at most 3 characters are expected, found 300"
    assert values(found, "row") == [0]
