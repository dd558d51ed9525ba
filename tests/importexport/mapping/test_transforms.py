"""What each transform makes of a text, what it refuses, and that it survives as JSON."""

import json
from typing import Any

import pytest

from apps.importexport.domain.mapping.columns import Column, mapping_of, told_mapping
from apps.importexport.domain.problems import PlanError, RefusedError
from apps.importexport.domain.transforms.dates import DateOrder, ParseDate, guess_order
from apps.importexport.domain.transforms.expressions import Expression
from apps.importexport.domain.transforms.numbers import ParseBoolean, ParseNumber
from apps.importexport.domain.transforms.tables import Lookup, Otherwise
from apps.importexport.domain.transforms.texts import (
    Affix,
    Case,
    Collapse,
    Default,
    Join,
    Letters,
    Replace,
    Split,
    Trim,
)
from apps.importexport.domain.transforms.told import TRANSFORMS, told, transform_of
from apps.importexport.domain.transforms.transform import Transform
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, chunk, codes, plan_of, values

YES = ParseBoolean(true=("ja", "J"), false=("nein",))
COLOURS = {"rot": "red", "grün": "green"}


def made(transform: Transform, text: str) -> str:
    """Return what a transform makes of a text, or the code of its refusal."""
    try:
        return transform.changed(text, {})
    except RefusedError as error:
        return error.code


@pytest.mark.parametrize(
    ("transform", "text", "result"),
    [
        (Trim(), " \u00a0a b\t", "a b"),
        (Collapse(), "  a \n\t b ", "a b"),
        (Case(to=Letters.UPPER), "straße", "STRASSE"),
        (Case(to=Letters.LOWER), "ÄB", "äb"),
        (Case(to=Letters.TITLE), "o'neil SMITH-jones", "O'neil Smith-Jones"),
        (Replace(old=".", new="-"), "a.b.c", "a-b-c"),
        (Replace(old="a", new="x" * 1_000), "a" * 2_000, "TOO_LONG"),
        (Affix(prefix="DE-", suffix="!"), "1", "DE-1!"),
        (Split(separator="/"), "a/b", "a"),
        (Split(separator="/", take=-1), "a/b", "b"),
        (Split(separator="/", take=2), "a/b", ""),
        (Default(text="x"), "", "x"),
        (Default(text="x"), "y", "y"),
        (Lookup(table=COLOURS), " rot ", "red"),
        (Lookup(table=COLOURS), "blau", "NOT_IN_TABLE"),
        (Lookup(table=COLOURS, otherwise=Otherwise.KEEP), "blau", "blau"),
        (Lookup(table=COLOURS, otherwise=Otherwise.EMPTY), "blau", ""),
        (YES, "JA ", "true"),
        (YES, "j", "true"),
        (YES, "Nein", "false"),
        (YES, "yes", "NOT_A_BOOLEAN"),
    ],
)
def test_a_transform_makes_a_text_of_a_text(transform: Transform, text: str, result: str) -> None:
    assert made(transform, text) == result


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "result"),
    [
        (",", ".", "1.234.567,89", "1234567.89"),
        (",", ".", "1234,5", "1234.5"),
        (",", ".", "-1.234", "-1234"),
        (",", ".", "1.5", "NOT_A_DECIMAL"),
        (",", ".", "1.23.456", "123456"),
        (",", ".", "1.2345", "NOT_A_DECIMAL"),
        (".", ",", "12,34,567.5", "1234567.5"),
        (",", " ", "1\u202f234,5", "1234.5"),
        (".", "'", "1\u2019234.50", "1234.50"),
        (",", "", "1.234,5", "NOT_A_DECIMAL"),
        (".", ",", "(1,234.00)", "-1234.00"),
        (".", ",", "\u22125", "-5"),
        (".", ",", ".5", "0.5"),
        (".", ",", ".", "NOT_A_DECIMAL"),
        (".", ",", "", "NOT_A_DECIMAL"),
        (".", ",", "-", "NOT_A_DECIMAL"),
        (".", ",", "1,2", "NOT_A_DECIMAL"),
    ],
)
def test_numbers_are_read_as_people_write_them(
    decimal: str, thousands: str, text: str, result: str
) -> None:
    assert made(ParseNumber(decimal=decimal, thousands=thousands), text) == result


def test_units_are_left_out() -> None:
    assert made(ParseNumber(decimal=",", units=("€", "EUR")), "12,50 €") == "12.50"


@pytest.mark.parametrize(
    ("order", "text", "result"),
    [
        ("day_first", "03.04.2024", "2024-04-03"),
        ("month_first", "03/04/2024", "2024-03-04"),
        ("day_first", "3.4.24", "2024-04-03"),
        ("day_first", "3.4.69", "1969-04-03"),
        ("month_first", "2024-02-29", "2024-02-29"),
        ("day_first", "2024/2/9", "2024-02-09"),
        ("month_first", "29 Feb 2024", "2024-02-29"),
        ("day_first", "February 29, 2024", "2024-02-29"),
        ("day_first", "29.02.2024 13:30", "2024-02-29T13:30:00"),
        ("month_first", "2/29/2024 1:05:09 PM", "2024-02-29T13:05:09"),
        ("month_first", "2/29/2024 12:05 AM", "2024-02-29T00:05:00"),
        ("day_first", "29.02.2024T13:30:00+02:00", "2024-02-29T13:30:00+02:00"),
        # What the chosen order makes no date of is refused, never read in the other.
        ("day_first", "02/29/2024", "NOT_A_DATE"),
        ("day_first", "30.02.2024", "NOT_A_DATE"),
        ("day_first", "1.1.024", "NOT_A_DATE"),
        ("day_first", "yesterday", "NOT_A_DATE"),
        ("day_first", "1 Foo 2024", "NOT_A_DATE"),
        ("month_first", "1/1/2024 13:00 PM", "NOT_A_DATE"),
    ],
)
def test_dates_are_read_in_the_order_that_was_chosen(order: str, text: str, result: str) -> None:
    assert made(ParseDate(order=DateOrder(order)), text) == result


@pytest.mark.parametrize(
    ("form", "text", "result"),
    [
        ("%d.%m.%Y", "29.02.2024", "2024-02-29"),
        ("%Y%m%d", "20240229", "2024-02-29"),
        ("%d/%m/%y %H:%M", "29/02/24 13:30", "2024-02-29T13:30:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-02-29T13:30:00+0200", "2024-02-29T13:30:00+02:00"),
        ("%d.%m.%Y", "29.02.2024 x", "NOT_A_DATE"),
        ("%d.%m.%Y", "30.02.2024", "NOT_A_DATE"),
    ],
)
def test_dates_are_read_by_a_format(form: str, text: str, result: str) -> None:
    assert made(ParseDate(format=form), text) == result


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01.02.2024", "13.02.2024"], DateOrder.DAY_FIRST),
        (["01/02/2024", "02/13/2024"], DateOrder.MONTH_FIRST),
        (["01/02/2024", "2024-02-13", "x"], None),
        (["13/02/2024", "02/13/2024"], None),
    ],
)
def test_the_order_of_dates_is_guessed_where_it_shows(
    texts: list[str], order: DateOrder | None
) -> None:
    assert guess_order(texts) == order


SOME = (
    Trim(),
    Collapse(),
    Case(to=Letters.TITLE),
    Replace(old="a", new="b"),
    Affix(prefix="x"),
    Split(separator=",", take=1),
    Default(text="x"),
    Join(columns=("b", "c"), separator="-"),
    ParseNumber(decimal=",", thousands=".", units=("€",)),
    YES,
    ParseDate(order=DateOrder.MONTH_FIRST),
    Lookup(table=COLOURS, otherwise=Otherwise.EMPTY),
    Expression(text='row["First name"] + value'),
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("value | trim | upper", "AB"),
        ('value + row["Last name"]', " ab Lee"),
        ("to_number(row.age) * 2", "82"),
        ("length(value) > 3 ? 'long' : null", "long"),
        ("row.none == '' ? 'x' : 'y'", "x"),
        ("join(map(split(row['Last name'], 'e'), part => part + '!'), '')", "L!!!"),
        ("[value]", "EXPRESSION"),
        ("value + 1", "EXPRESSION"),
        ("1 / 0", "EXPRESSION"),
        ("to_number(value)", "EXPRESSION"),
        ("pad(value, 1000) | replace(' ', pad('', 1000)) | replace(' ', value)", "EXPRESSION"),
    ],
)
def test_an_expression_computes_a_text(text: str, result: str) -> None:
    expression = Expression(text=text)
    cells = {"Last name": "Lee", "age": "41", "none": ""}

    try:
        found = expression.changed(" ab ", {name: cells[name] for name in expression.sources})
    except RefusedError as error:
        found = error.code

    assert found == result


def test_every_transform_survives_as_json() -> None:
    assert {one.NAME for one in SOME} == set(TRANSFORMS)
    for transform in SOME:
        assert transform_of(json.loads(json.dumps(told(transform)))) == transform


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"name": "eval"},
        {"name": ["trim"]},
        {"name": "trim", "more": 1},
        {"name": "case"},
        {"name": "case", "to": "sponge"},
        {"name": "case", "to": ["upper"]},
        {"name": "replace", "old": ""},
        {"name": "replace", "old": 1},
        {"name": "affix", "prefix": "x" * 1_001},
        {"name": "split", "separator": ",", "take": True},
        {"name": "split", "separator": ",", "take": 1.5},
        {"name": "join", "columns": []},
        {"name": "join", "columns": "ab"},
        {"name": "join", "columns": ["a"] * 101},
        {"name": "number", "decimal": ",", "thousands": ","},
        {"name": "number", "decimal": "1"},
        {"name": "boolean", "true": ["a"], "false": ["A"]},
        {"name": "date", "format": "%d.%m.%Q"},
        {"name": "date", "format": "%d.%d.%m.%Y"},
        {"name": "date", "format": "%Y"},
        {"name": "date", "format": "%d.%m."},
        {"name": "lookup", "table": {}},
        {"name": "expression", "text": ""},
        {"name": "expression", "text": "1 +"},
        {"name": "expression", "text": "open('x')"},
        {"name": "expression", "text": "values"},
        {"name": "expression", "text": "row"},
        {"name": "expression", "text": "row[value]"},
        {"name": "expression", "text": "number(1)"},
        {"name": "expression", "text": "value", "_headers": ["x"]},
        {"name": "lookup", "table": {"a": 1}},
        {"name": "lookup", "table": {str(n): "" for n in range(10_001)}},
    ],
)
def test_what_is_no_transform_is_refused(given: Any) -> None:
    with pytest.raises(PlanError):
        transform_of(given)


def test_a_mapping_survives_as_json() -> None:
    mapping = (
        Column(field="a", source="A", transforms=SOME),
        Column(field="b", constant="x"),
    )

    assert mapping_of(json.loads(json.dumps(told_mapping(mapping)))) == mapping


@pytest.mark.parametrize(
    "given",
    [
        None,
        "ab",
        [1],
        [{}],
        [{"field": 1}],
        [{"field": "a", "source": "b", "constant": "c"}],
        [{"field": "a", "more": "b"}],
        [{"field": "a", "transforms": "trim"}],
        [{"field": "a", "transforms": [{"name": "trim"}] * 21}],
        [{"field": "a"}] * 501,
    ],
)
def test_what_is_no_mapping_is_refused(given: Any) -> None:
    with pytest.raises(PlanError):
        mapping_of(given)


def test_transforms_run_before_checks_and_their_refusals_are_problems() -> None:
    fields = (
        Field(name="name", required=True),
        Field(name="price", kind=Kind.DECIMAL, maximum="1000"),
        Field(name="day", kind=Kind.DATE),
        Field(name="origin"),
        Field(name="colour", choices=("red", "green")),
    )
    mapping = (
        Column(field="name", source="first", transforms=(Join(columns=("last",)), Collapse())),
        Column(field="price", source="Preis", transforms=(ParseNumber(decimal=","),)),
        Column(field="day", source="Tag", transforms=(ParseDate(),)),
        Column(field="origin", constant="DE"),
        Column(field="colour", source="Farbe", transforms=(Lookup(table=COLOURS),)),
    )
    columns = ("first", "last", "Preis", "Tag", "Farbe")
    rows = [
        [" Ann ", "Lee", "12,5", "29.02.2024", "rot"],
        ["", "Lee", "", "", ""],
        ["", "", "1.2", "30.02.2024", "blau"],
        ["x", "", "1001", "", "grün"],
    ]
    plan = plan_of(*fields, columns=columns, mapping=mapping)

    found = checked(plan, chunk(rows))

    assert values(found, "name") == ["Ann Lee", "Lee"]
    assert [str(one) for one in values(found, "price")] == ["12.50000000000000000000", "None"]
    assert values(found, "origin") == ["DE", "DE"]
    assert values(found, "colour") == ["red", None]
    assert codes(found) == [
        (2, "name", "REQUIRED"),
        (2, "price", "NOT_A_DECIMAL"),
        (2, "day", "NOT_A_DATE"),
        (2, "colour", "NOT_IN_TABLE"),
        (3, "price", "OUT_OF_RANGE"),
    ]
    assert [one.value for one in found.problems] == ["", "1.2", "30.02.2024", "blau", "1001"]
