"""Values of fields: what is taken, what is refused, and how it is told again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.importexport.domain.tables.values import ValueRefusedError, read, told
from contracts.datasets import Field, Kind


@pytest.mark.parametrize(
    ("kind", "given_", "told_"),
    [
        (Kind.TEXT, "", ""),
        (Kind.TEXT, " 007", " 007"),
        (Kind.INTEGER, "12345678901234567", 12345678901234567),
        (Kind.INTEGER, -(2**63), -(2**63)),
        (Kind.DECIMAL, "0012.500", "12.5"),
        (Kind.DECIMAL, 0.1, "0.1"),
        (Kind.DECIMAL, "-0.0", "0"),
        (Kind.DECIMAL, "1E3", "1000"),
        (Kind.DECIMAL, f"{'9' * 18}.{'9' * 20}", f"{'9' * 18}.{'9' * 20}"),
        (Kind.BOOLEAN, "true", True),
        (Kind.BOOLEAN, False, False),
        (Kind.DATE, "2024-02-29", "2024-02-29"),
        (Kind.DATETIME, "2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00Z"),
        (Kind.DATETIME, "2024-05-01T12:00:00.25Z", "2024-05-01T12:00:00.25Z"),
        (Kind.UUID, "01900000-0000-7000-8000-00000000000A", "01900000-0000-7000-8000-00000000000a"),
        (Kind.JSON, {"a": [1, None]}, {"a": [1, None]}),
        (Kind.INTEGER, "", None),
        (Kind.DATE, None, None),
    ],
)
def test_a_value_is_read_and_told(kind: Kind, given_: Any, told_: Any) -> None:
    assert told(kind, read(Field(name="a", kind=kind), given_)) == told_


@pytest.mark.parametrize(
    ("field", "given_", "message"),
    [
        (Field(name="a", required=True), None, "a value is required"),
        (Field(name="a", required=True), "", "a value is required"),
        (Field(name="a"), 7, "expected a text"),
        (Field(name="a"), "a\0b", "a text holds no NUL"),
        (Field(name="a"), "\ud800", "a text holds whole characters only"),
        (Field(name="a", kind=Kind.INTEGER), "1_000", "expected a whole number"),
        (Field(name="a", kind=Kind.INTEGER), 1.0, "expected a whole number"),
        (Field(name="a", kind=Kind.INTEGER), True, "expected a whole number"),
        (Field(name="a", kind=Kind.INTEGER), 2**63, "expected a whole number of 64 bits"),
        (Field(name="a", kind=Kind.DECIMAL), "nan", "expected a number"),
        (Field(name="a", kind=Kind.DECIMAL), "1e999999999", "expected at most 18 digits before"),
        (
            Field(name="a", kind=Kind.DECIMAL),
            "0.000000000000000000001",
            "expected at most 18 digits before",
        ),
        (Field(name="a", kind=Kind.BOOLEAN), 1, "expected true or false"),
        (Field(name="a", kind=Kind.DATE), "2024-02-30", "expected a date such as 2024-05-31"),
        (Field(name="a", kind=Kind.DATETIME), "2024-02-01T00:00:00", "a moment with a time zone"),
        (Field(name="a", kind=Kind.UUID), "7", "expected a UUID of 36 characters"),
        (Field(name="a", kind=Kind.JSON), {"a": "\0"}, "a text holds no NUL"),
        (Field(name="a", kind=Kind.JSON), float("nan"), "expected JSON"),
        (Field(name="a", pattern="[0-9]+"), "1a", "does not match [0-9]+"),
        (Field(name="a", min_length=2), "a", "expected 2 characters or more"),
        (Field(name="a", max_length=2), "aaa", "expected 2 characters or less"),
        (Field(name="a", choices=("x", "y")), "z", "expected one of x, y"),
        (Field(name="a", kind=Kind.INTEGER, minimum="3"), 2, "expected 3 or more"),
        (
            Field(name="a", kind=Kind.DATE, maximum="2024-01-01"),
            "2024-01-02",
            "expected 2024-01-01",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused(field: Field, given_: Any, message: str) -> None:
    with pytest.raises(ValueRefusedError) as refused:
        read(field, given_)

    assert message in str(refused.value)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=20, min_value=-(10**17), max_value=10**17
    )
)
def test_a_number_is_told_as_it_is_read_again(number: Any) -> None:
    field = Field(name="a", kind=Kind.DECIMAL)

    assert read(field, told(Kind.DECIMAL, read(field, str(number)))) == number
