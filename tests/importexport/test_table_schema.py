"""Table Schema and our fields, each made of the other, and what no table can have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.importexport.domain.tables.rules import MOST_FIELDS, TableProblemError, checked
from apps.importexport.domain.tables.table_schema import fields_of, schema_of
from contracts.datasets import Field, Kind, Relation

WHOLE: dict[str, Any] = {
    "fields": [
        {
            "name": "code",
            "type": "string",
            "title": "ISO code",
            "description": "Two letters.",
            "constraints": {
                "required": True,
                "minLength": 2,
                "maxLength": 2,
                "pattern": "[A-Z]+",
                "enum": ["DE", "FR"],
            },
        },
        {"name": "people", "type": "integer", "constraints": {"minimum": "0", "maximum": "9"}},
        {"name": "area", "type": "number", "constraints": {"unique": True}},
        {"name": "eu", "type": "boolean", "septet:readOnly": True},
        {"name": "since", "type": "date"},
        {"name": "seen", "type": "datetime", "septet:maskedWithout": "importexport:write"},
        {"name": "ref", "type": "string", "format": "uuid"},
        {"name": "more", "type": "object"},
        {"name": "capital", "type": "string"},
    ],
    "primaryKey": ["code"],
    "foreignKeys": [{"fields": "capital", "reference": {"resource": "cities", "fields": "name"}}],
}


def test_a_schema_becomes_fields_and_the_same_schema_again() -> None:
    fields, key = fields_of(WHOLE)

    assert schema_of(fields, key) == WHOLE
    assert [one.kind for one in fields] == [
        Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME,
        Kind.UUID, Kind.JSON, Kind.TEXT,
    ]  # fmt: skip
    assert fields[0] == Field(
        name="code",
        title="ISO code",
        description="Two letters.",
        required=True,
        min_length=2,
        max_length=2,
        pattern="[A-Z]+",
        choices=("DE", "FR"),
    )
    assert fields[-1].relation == Relation(dataset="tables.cities", field="name")
    assert fields[5].masked_without == "importexport:write"


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@given(
    st.lists(
        st.builds(
            Field,
            name=NAMES,
            kind=st.sampled_from(Kind),
            title=st.text(max_size=20),
            description=st.text(max_size=20),
            required=st.booleans(),
            min_length=st.none() | st.integers(0, 9),
            max_length=st.none() | st.integers(0, 9),
            choices=st.lists(st.text(max_size=5), max_size=3).map(tuple),
            relation=st.none()
            | st.builds(Relation, dataset=NAMES.map("tables.{}".format), field=NAMES),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one.name,
    )
)
def test_fields_become_a_schema_and_the_same_fields_again(fields: list[Field]) -> None:
    key = [fields[0].name]

    assert fields_of(schema_of(fields, key)) == (fields, key)


def test_a_name_that_no_field_has_becomes_its_title() -> None:
    fields, key = fields_of(
        {
            "fields": [{"name": "Größe (m)"}, {"name": "2nd  name", "title": "Other"}],
            "primaryKey": "Größe (m)",
        }
    )

    assert [(one.name, one.title) for one in fields] == [
        ("grosse_m" if fields[0].name == "grosse_m" else "groe_m", "Größe (m)"),
        ("f_2nd_name", "Other"),
    ]
    assert key == [fields[0].name]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "a Table Schema is an object with a list of `fields`"),
        ({"fields": [{}]}, "field 1: an object with a `name`"),
        ({"fields": [{"name": "a", "type": "geopoint"}]}, "a: the type 'geopoint' is none of"),
        (
            {"fields": [{"name": "a", "type": "date", "format": "%d.%m.%y"}]},
            "a: a date is told in ISO form",
        ),
        ({"fields": [{"name": "a", "constraints": {"required": 1}}]}, "a: required is true or"),
        ({"fields": [{"name": "a", "constraints": {"maxLength": "9"}}]}, "a: maxLength is a"),
        (
            {"fields": [{"name": "a"}], "foreignKeys": [{"fields": "b", "reference": {
                "resource": "c", "fields": "d"}}]},
            "foreignKeys names 'b', which is no field",
        ),
        ({"fields": [{"name": "a"}], "foreignKeys": [{}]}, "foreignKeys: each has"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(TableProblemError) as refused:
        fields_of(schema)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "key", "message"),
    [
        ([], [], "a table has 1 to 200 fields, found 0"),
        ([Field(name=f"a{n}") for n in range(MOST_FIELDS + 1)], ["a0"], "fields, found 201"),
        ([Field(name="A")], ["A"], "field 1: a name has at most 57 characters"),
        ([Field(name="a__b")], ["a__b"], "field 1: a name has at most"),
        ([Field(name="a_")], ["a_"], "field 1: a name has at most"),
        ([Field(name="a"), Field(name="a")], ["a"], "two fields are called a"),
        ([Field(name="a")], [], "primaryKey names 1 to 4 fields"),
        ([Field(name="a")], ["b"], "primaryKey names 'b', which is no field"),
        ([Field(name="a", kind=Kind.DECIMAL)], ["a"], "a: a decimal can be no part of a key"),
        ([Field(name="a", masked_without="a:b")], ["a"], "a: what is masked can be no part"),
        ([Field(name="a", pattern="(?=a)")], ["a"], "a: not a pattern of RE2"),
        ([Field(name="a", pattern=r"\Qa\E")], ["a"], r"a: `\Q` is not taken"),
        ([Field(name="a", kind=Kind.INTEGER, pattern="a")], ["a"], "a: only texts have a pattern"),
        ([Field(name="a", minimum="1")], ["a"], "a: a text has no minimum"),
        ([Field(name="a", kind=Kind.INTEGER, minimum="x")], ["a"], "a: expected a whole number"),
        (
            [Field(name="a", kind=Kind.DATE, minimum="2024-02-02", maximum="2024-02-01")],
            ["a"],
            "a: the minimum is greater than the maximum",
        ),
        (
            [Field(name="a", kind=Kind.INTEGER, choices=("1", "two"))],
            ["a"],
            "a: expected a whole number",
        ),
        (
            [Field(name=name) for name in "abcd"],
            list("abcd"),
            "the texts of a key have at most 600 characters together, found 1020",
        ),
    ],
)
def test_what_no_table_can_have_is_refused(
    fields: list[Field], key: list[str], message: str
) -> None:
    with pytest.raises(TableProblemError) as refused:
        checked(fields, key)

    assert message in str(refused.value)


def test_fields_of_the_key_are_required_and_have_a_length() -> None:
    code, name, note = checked(
        [Field(name="code"), Field(name="name", unique=True, max_length=900), Field(name="note")],
        ["code"],
    )

    assert (code.required, code.max_length) == (True, 255)
    assert (name.required, name.max_length) == (False, 255)
    assert (note.required, note.max_length) == (False, None)
