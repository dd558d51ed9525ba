"""What is kept of a chunk once it is checked: nothing."""

import gc
from collections.abc import Callable

import pytest

from apps.importexport.domain.checking import row_by_row, splitting, tables, vectorised
from apps.importexport.domain.checking.plans import Plan
from apps.importexport.domain.checking.problems import Checker
from apps.importexport.domain.checking.rules import Compare, Sign
from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.transforms.dates import ParseDate
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import plan_of

FIELDS = (
    Field(name="a", kind=Kind.DECIMAL),
    Field(name="b", kind=Kind.DECIMAL),
    Field(name="c", kind=Kind.DATE),
)
PLAN = plan_of(
    *FIELDS,
    mapping=(
        Column(field="a", source="a"),
        Column(field="b", source="b"),
        Column(field="c", source="c", transforms=(ParseDate(),)),
    ),
    rules=(Compare(left="a", sign=Sign.LESS, right="b"),),
)


@pytest.mark.parametrize("checker_of", [vectorised.vectorised, row_by_row.row_by_row])
def test_problems_keep_no_chunk_alive(checker_of: Callable[[Plan], Checker]) -> None:
    kept = (tables.Table, splitting.Records)
    checker = checker_of(PLAN)
    gc.collect()
    gc.disable()
    try:
        found = checker.check(b"x,1e-21,30.02.2024\n2,1,1.1.2024\n1,2,3,4\n")
        alive = [one for one in gc.get_objects() if isinstance(one, kept)]
    finally:
        gc.enable()

    assert [one.code for one in found.problems] == [
        "NOT_A_DECIMAL",
        "TOO_MANY_DIGITS",
        "NOT_A_DATE",
        "OUT_OF_ORDER",
        "TOO_MANY_VALUES",
    ]
    assert alive == []
