"""Checking by polars and by Python, held against each other on traps and on what chance makes."""

import datetime as dt
import itertools
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.importexport.domain.checking.rules import Compare, Count, Present, RequiredIf, Sign
from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.transforms.dates import DateOrder, ParseDate
from apps.importexport.domain.transforms.expressions import Expression
from apps.importexport.domain.transforms.numbers import ParseNumber
from apps.importexport.domain.transforms.texts import (
    Case,
    Collapse,
    Default,
    Join,
    Letters,
    Split,
    Trim,
)
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, chunk, plan_of
from tests.nights import at_night

FIELDS = (
    Field(name="text", max_length=12),
    Field(name="integer", kind=Kind.INTEGER, minimum="-100"),
    Field(name="decimal", kind=Kind.DECIMAL, maximum="1000000"),
    Field(name="boolean", kind=Kind.BOOLEAN),
    Field(name="date", kind=Kind.DATE),
    Field(name="datetime", kind=Kind.DATETIME),
    Field(name="uuid", kind=Kind.UUID),
    Field(name="json", kind=Kind.JSON),
    Field(name="code", pattern=r"[A-Z]{2}-?\w*"),
    Field(name="choice", choices=("a", "b", "")),
    Field(name="needed", required=True),
)
_BASES = (
    "0", "1", "-1", "42", "007", "9223372036854775807", "12345678901234567890", "1.5", "0.1",
    "1e5", "1E-9", "1e400", "0.123456789012345678901",
    "123456789012345678901234567890.1", "1234567890123456789.1", ".5", "5.", "-.5",
    "NaN", "nan", "inf", "-inf", "Infinity", "null", "NULL", "None", "N/A", "-", "+", ".", "e",
    "true", "False", "TRUE", "yes", "n", "on", "Off", "t", "ja",
    "2024-02-29", "2024-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2024-1-1",
    "20240229", "2024-060", "2024-W09-4", "29.02.2024", "02/29/2024",
    "2024-02-29T12:00:00Z", "2024-02-29 12:00:00", "2024-02-29T12:00:00.123456789Z",
    "2024-02-29T12:00:00.1+02:00", "2024-02-29T24:00:00Z", "2024-02-29T23:59:60Z",
    "2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-02-29T12:00Z", "2024-02-29T12",
    "1883-11-18T12:00:00", "2500-07-01T00:00:00", "1969-12-31T23:59:59.999999Z",
    "6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b48", "6F1D6A2E8C0B4F6E9A570D6F3C1E2B48",
    "{}", "[1]", '{"a":1}', '"x"', "{", '"\\ud800"',
    "AB", "AB-1", "ab", "ABä", "a", "b", "=1+1", "'", '"', '""', ",", "\n", "\r\n", "\\N", "\\.",
    "x" * 13, "ß", "e\u0301", "🎉" * 12, "\u0663", "\uff11", "\u2212" + "1", "\ufeff1", "\u200b1",
)  # fmt: skip
_AROUND = (
    "{}",
    " {}",
    "{} ",
    "\u00a0{}",
    "{}\t",
    "\u2003{}",
    "\x1c{}",
    "{}\0",
    "+{}",
    "-{}",
    "{}0",
    "0{}",
    "'{}",
    "{}Z",
)
TRAPS = tuple(dict.fromkeys(form.format(base) for form in _AROUND for base in ("", *_BASES)))


def test_every_trap_is_the_same_in_both_ways_in_every_field() -> None:
    assert len(TRAPS) * len(FIELDS) > 10_000
    for place in range(len(FIELDS)):
        rows = [[""] * len(FIELDS) for _ in TRAPS]
        for row, trap in zip(rows, TRAPS, strict=True):
            row[place] = trap
            row[-1] = row[-1] or "x"

        found = checked(plan_of(*FIELDS, zone=ZoneInfo("Europe/Berlin")), chunk(rows))

        assert found.rows == len(TRAPS)


CELLS = st.one_of(st.sampled_from(TRAPS), st.text(max_size=8), st.sampled_from(["", "1", "a"]))
ROWS = st.lists(st.lists(CELLS, max_size=len(FIELDS) + 2), max_size=12)
SCALARS = ("1", "-3", "2.5", "true", "2024-02-29", "2024-02-29T12:00:00Z", "", "a", "AB", "{}")


def _mapped(rows: list[list[str]], *, crooked: bool) -> None:
    """Check rows by a plan with every sort of transform and rule."""
    names = [field.name for field in FIELDS]
    steps = {
        "text": (Collapse(), Case(to=Letters.TITLE), Join(columns=("code", "choice"))),
        "decimal": (ParseNumber(decimal=",", thousands="."),),
        "date": (ParseDate(order=DateOrder.DAY_FIRST),),
        "code": (Trim(), Split(separator="-"), Case(to=Letters.UPPER)),
        "needed": (Default(text="none"),),
        "boolean": (Expression(text="to_number(row.integer) > 2 ? 'yes' : value"),),
    }
    mapping = (
        *(
            Column(field=name, source=name, transforms=steps.get(name, ()) if crooked else ())
            for name in names
            if name != "choice"
        ),
        Column(field="choice", constant="a"),
    )
    rules = (
        Compare(left="date", sign=Sign.AT_MOST, right="date"),
        Compare(left="code", sign=Sign.NOT_EQUAL, right="text"),
        Present(count=Count.AT_MOST_ONE, fields=("integer", "decimal")),
        RequiredIf(field="uuid", other="boolean", values=("yes",)),
        RequiredIf(field="uuid", other="json"),
    )
    plan = plan_of(
        *FIELDS,
        mapping=mapping,
        rules=rules,
        zone=ZoneInfo("America/New_York"),
        empty_texts=crooked,
    )

    # An empty text, where the csv module writes none.
    checked(plan, chunk(rows).replace(b",,1,", b',"",1,'))


@given(rows=ROWS, crooked=st.booleans())
@settings(max_examples=150)
def test_rows_of_chance_are_the_same_in_both_ways(rows: list[list[str]], crooked: bool) -> None:
    _mapped(rows, crooked=crooked)


@given(
    data=st.text(alphabet="ab1,;\"'\n\r \té\0", max_size=60),
    end=st.sampled_from(["\n", "", "\r\n"]),
    delimiter=st.sampled_from(",;\t"),
    quote=st.sampled_from(['"', "'", ""]),
    empty_texts=st.booleans(),
)
@settings(max_examples=500)
def test_texts_of_chance_are_the_same_records(
    data: str, end: str, delimiter: str, quote: str, empty_texts: bool
) -> None:
    fields = (Field(name="a"), Field(name="b", kind=Kind.INTEGER))
    plan = plan_of(*fields, delimiter=delimiter, quote=quote, empty_texts=empty_texts)

    checked(plan, f"{data}{end}".encode())


@pytest.mark.parametrize("seed", [0, *at_night(*range(1, 40))])
def test_many_rows_are_the_same_in_both_ways(seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        [chance.choice(TRAPS if chance.random() < 0.1 else SCALARS) for _ in FIELDS]
        for _ in range(1_000)
    ]

    _mapped(rows, crooked=bool(seed % 2))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("sign", ["T", " "])
@pytest.mark.parametrize("end", ["", "Z", "+02:00", "-03:30"])
def test_moments_are_the_same_however_the_first_is_written(zone: str, sign: str, end: str) -> None:
    days = ("2024-02-29", "2024-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "2024-1-01")
    times = ("00:00:00", "23:59:59", "24:00:00", "23:59:60", "12:60:00", "12:00", "1:02:03", "")
    fractions = ("", ".5", ".123456", ".1234567", ".1234560", ".", ",5")
    ends = ("", "Z", "z", "+02:00", "-02:30", "+14:59", "+15:00", "+24:00", "+0200", "+02", " Z")
    texts = [
        f"{day}{between}{time}{fraction}{last}"
        for day, between, time, fraction, last in itertools.product(
            days, ("T", " ", "t", "  "), times, fractions, ends
        )
    ]
    chance = random.Random(f"{zone}{sign}{end}")
    rows = [[f"2024-01-01{sign}00:00:00{end}"], *([text] for text in chance.sample(texts, 800))]
    plan = plan_of(Field(name="at", kind=Kind.DATETIME), zone=ZoneInfo(zone))

    found = checked(plan, chunk(rows))

    assert found.good.height > 1


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "UTC"]
)
def test_every_hour_around_changes_of_the_clock_is_the_same(zone: str) -> None:
    days = itertools.chain(
        (dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(366)),
        (dt.date(year, month, 1) for year in (1900, 1945, 2037, 2101, 2300) for month in (1, 7)),
    )
    texts = [
        f"{day}T{minute // 60:02}:{minute % 60:02}:00"
        for day in days
        for minute in (0, 30, 90, 150, 210, 1439)
    ]
    plan = plan_of(Field(name="at", kind=Kind.DATETIME), zone=ZoneInfo(zone))

    found = checked(plan, chunk([text] for text in texts))

    assert {one.code for one in found.problems} <= {"NO_SUCH_TIME"}
