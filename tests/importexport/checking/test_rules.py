"""Rules across fields, JSON Schemas, and what a plan is refused for."""

from typing import Any

import pytest

from apps.importexport.domain.checking.plans import prepared
from apps.importexport.domain.checking.rules import (
    Compare,
    Count,
    JsonSchema,
    Present,
    RequiredIf,
    Sign,
    rules_of,
    told_rule,
)
from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.problems import PlanError
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, chunk, codes, plan_of

DAYS = (Field(name="opened", kind=Kind.DATE), Field(name="closed", kind=Kind.DATE))
WAYS = (Field(name="mark"), Field(name="email"), Field(name="phone"))


def test_a_comparison_holds_where_both_have_a_value() -> None:
    plan = plan_of(*DAYS, rules=(Compare(left="opened", sign=Sign.AT_MOST, right="closed"),))
    rows = [
        ["2024-01-01", "2024-01-01"],
        ["2024-01-02", "2024-01-01"],
        ["2024-01-02", ""],
        # A date that is none is one problem, not two.
        ["2024-01-02", "2024-02-30"],
    ]

    found = checked(plan, chunk(rows))

    assert codes(found) == [(1, "opened", "OUT_OF_ORDER"), (3, "closed", "NOT_A_DATE")]
    assert found.problems[0].message == "opened <= closed is expected"
    assert found.problems[0].value == "2024-01-02"
    assert found.good["row"].to_list() == [0, 2]


@pytest.mark.parametrize(
    ("sign", "rows"),
    [
        (Sign.LESS, [0]),
        (Sign.AT_MOST, [0, 1]),
        (Sign.EQUAL, [1]),
        (Sign.NOT_EQUAL, [0, 2]),
        (Sign.AT_LEAST, [1, 2]),
        (Sign.GREATER, [2]),
    ],
)
def test_each_sign_compares(sign: Sign, rows: list[int]) -> None:
    fields = (Field(name="a", kind=Kind.DECIMAL), Field(name="b", kind=Kind.DECIMAL))
    plan = plan_of(*fields, rules=(Compare(left="a", sign=sign, right="b"),))

    found = checked(plan, b"0.1,0.2\n0.2,0.20\n10,9\n")

    assert found.good["row"].to_list() == rows


@pytest.mark.parametrize(
    ("count", "rows"),
    [
        (Count.EXACTLY_ONE, [1, 2]),
        (Count.AT_LEAST_ONE, [1, 2, 3]),
        (Count.AT_MOST_ONE, [0, 1, 2]),
        (Count.ALL_OR_NONE, [0, 3]),
    ],
)
def test_fields_are_counted(count: Count, rows: list[int]) -> None:
    plan = plan_of(*WAYS, rules=(Present(count=count, fields=("email", "phone")),))

    found = checked(plan, b"x,,\nx,a,\nx,,b\nx,a,b\n")

    assert found.good["row"].to_list() == rows
    assert {one.code for one in found.problems} == {"WRONG_COUNT"}


@pytest.mark.parametrize(
    ("values", "rows"), [(("DE", "FR"), [0, 1, 2, 4]), ((), [0, 1, 2]), (("XX",), [0, 1, 2, 3, 4])]
)
def test_a_field_is_required_by_another(values: tuple[str, ...], rows: list[int]) -> None:
    fields = (Field(name="mark"), Field(name="country"), Field(name="vat"))
    plan = plan_of(*fields, rules=(RequiredIf(field="vat", other="country", values=values),))

    found = checked(plan, b"x,DE,1\nx,,\nx,,2\nx,FR,\nx,US,\n")

    assert found.good["row"].to_list() == rows
    assert {(one.column, one.code) for one in found.problems} <= {("vat", "REQUIRED")}


def test_json_has_a_schema() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    rules = rules_of([{"name": "schema", "field": "data", "schema": schema}])
    plan = plan_of(Field(name="data", kind=Kind.JSON), rules=rules)

    found = checked(plan, chunk([['{"a": 1}'], ['{"a": "x"}'], ["{}"]]))

    assert codes(found) == [(1, "data", "SCHEMA"), (2, "data", "SCHEMA")]
    assert found.problems[0].message == '/a: "x" is not of type "integer"'


def test_rules_are_told_as_json() -> None:
    rules = (
        Compare(left="a", sign=Sign.LESS, right="b"),
        Present(count=Count.ALL_OR_NONE, fields=("a", "b")),
        RequiredIf(field="a", other="b", values=("1",)),
        JsonSchema(field="a", schema={"type": "array"}),
    )

    assert rules_of([told_rule(rule) for rule in rules]) == rules


@pytest.mark.parametrize(
    "given",
    [
        "compare",
        [{"name": "eval"}],
        [{"name": ["compare"]}],
        ["compare"],
        [{"name": "compare", "left": "a"}],
        [{"name": "compare", "left": "a", "sign": "~", "right": "b"}],
        [{"name": "compare", "left": 1, "sign": "<", "right": "b"}],
        [{"name": "present", "count": "exactly one", "fields": ["x" * 201]}],
        [{"name": "required_if", "field": "a", "other": "b", "more": "c"}],
        [{"name": "required_if", "field": "a", "other": "b"}] * 51,
        [{"name": "required_if", "field": ["a"], "other": "b"}],
        [{"name": "required_if", "field": "a", "other": "b", "values": "c"}],
        [{"name": "schema", "field": "a", "schema": "b"}],
        [{"name": "schema", "field": {}, "schema": {}}],
    ],
)
def test_what_is_no_rule_is_refused(given: Any) -> None:
    with pytest.raises(PlanError):
        rules_of(given)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"mapping": (Column(field="no", source="mark"),)}, "no field that can be imported"),
        ({"mapping": (Column(field="mark", source="no"),)}, "the file has no column 'no'"),
        ({"mapping": (Column(field="mark"),) * 2}, "two columns are mapped to mark"),
        ({"mapping": ()}, "nothing is mapped"),
        (
            {"fields": (Field(name="row"),), "mapping": (Column(field="row", source="mark"),)},
            "no field is called row",
        ),
        ({"columns": ("mark", "mark", "phone")}, "each of another name"),
        ({"delimiter": ",,"}, "one character"),
        ({"delimiter": '"'}, "one character"),
        ({"rules": (Compare(left="email", sign=Sign.LESS, right="phone"),)}, "has no order"),
        ({"rules": (Compare(left="email", sign=Sign.LESS, right="x"),)}, "nothing is mapped to"),
        ({"rules": (Present(count=Count.AT_MOST_ONE, fields=("email",)),)}, "two fields or more"),
        ({"fields": (Field(name="mark", read_only=True),)}, "no field that can be imported"),
        ({"fields": (Field(name="mark", pattern="(?=a)"), *WAYS[1:])}, "not a pattern of RE2"),
        ({"fields": (Field(name="mark", minimum="1"), *WAYS[1:])}, "has no order"),
        (
            {"fields": (Field(name="mark", kind=Kind.DATE, minimum="2024-02-30"), *WAYS[1:])},
            "a bound or a choice is none",
        ),
        ({"rules": (JsonSchema(field="mark", schema={}),)}, "only JSON has a JSON Schema"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_at_once(more: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        prepared(plan_of(*WAYS, **more))


@pytest.mark.parametrize(
    "schema", [{"type": "nothing"}, {"$ref": "https://example.com/x"}, {"enum": ["x" * 100_001]}]
)
def test_a_schema_that_is_none_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        JsonSchema(field="data", schema=schema)
