"""Values of a configuration and the schemas they are held to: what is taken, and what is not."""

import json
from typing import Any

import pytest

from apps.config.domain.configuration.references import Reference, parse_reference
from apps.config.domain.configuration.schemas import check_schema, parse_schema
from apps.config.domain.configuration.values import Kind, is_key, parse_value
from apps.config.domain.findings import InvalidDefinitionError


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.STRING, '"ä \\u00e9"', "ä é"),
        (Kind.INTEGER, "9223372036854775807", 2**63 - 1),
        (Kind.NUMBER, "1.0", 1.0),
        (Kind.NUMBER, "3", 3),
        (Kind.BOOLEAN, "true", True),
        (Kind.DURATION, '"1.5h"', "1.5h"),
        (Kind.OBJECT, '{"a b/c": [null]}', {"a b/c": [None]}),
        (Kind.LIST, "[]", []),
    ],
)
def test_a_value_of_its_type_is_read(kind: Kind, text: str, value: Any) -> None:
    found = parse_value(text, kind)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "place", "code"),
    [
        (Kind.INTEGER, "1.0", "", "type"),
        (Kind.INTEGER, "true", "", "type"),
        (Kind.NUMBER, "true", "", "type"),
        (Kind.STRING, "null", "", "type"),
        (Kind.BOOLEAN, "1", "", "type"),
        (Kind.LIST, "{}", "", "type"),
        (Kind.DURATION, '"1 hour"', "", "duration"),
        (Kind.DURATION, '"-1s"', "", "duration"),
        (Kind.INTEGER, "9223372036854775808", "", "number"),
        (Kind.NUMBER, "1e999", "", "number"),
        (Kind.NUMBER, "NaN", "", "json"),
        (Kind.INTEGER, "9" * 5_000, "", "json"),
        (Kind.STRING, '"\\u0000"', "", "text"),
        (Kind.OBJECT, '{"a": ["\\ud800"]}', "/a/0", "text"),
        (Kind.OBJECT, '{"a": 1, "a": 2}', "", "json"),
        (Kind.OBJECT, json.dumps({"n" * 151: 1}), "", "name"),
        (Kind.STRING, json.dumps("x" * 1_000_000), "", "size"),
        (Kind.LIST, "[" * 50_000, "", "depth"),
        (Kind.LIST, "[" * 18 + "]" * 18, "/0" * 17, "depth"),
        (Kind.LIST, json.dumps([0] * 6_000), "", "size"),
        (Kind.OBJECT, "{", "", "json"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused_with_its_place(
    kind: Kind, text: str, place: str, code: str
) -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        parse_value(text, kind)

    assert [(one.place, one.code) for one in refused.value.findings] == [(place, code)]


def test_keys_are_what_every_format_can_name() -> None:
    taken = ["mail.host", "a", "Retry-Limit_2", "a." + "b" * 198]
    refused = ["", "1a", "a..b", ".a", "a.", "a/b", "a b", "ä", "a\n", "a" * 201]

    assert [key for key in taken if not is_key(key)] == []
    assert [key for key in refused if is_key(key)] == []


def test_a_value_that_does_not_fit_its_schema_is_refused_with_each_place() -> None:
    validator = parse_schema(
        '{"properties": {"port": {"$ref": "#/$defs/port"}}, "required": ["host"],'
        ' "$defs": {"port": {"type": "integer", "maximum": 65535}}}'
    )

    check_schema(validator, {"host": "a", "port": 25})
    with pytest.raises(InvalidDefinitionError) as refused:
        check_schema(validator, {"port": 70_000})

    assert [one.place for one in refused.value.findings] == ["", "/port"]


def test_nothing_of_a_secret_is_told_when_it_does_not_fit() -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        check_schema(parse_schema('{"minLength": 20}'), "hunter2", secret=True)

    assert str(refused.value) == "/: does not fit `minLength` (1 errors)"
    assert "hunter2" not in repr(refused.value.findings)


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("[]", "type"),
        ('{"type": "strung"}', "schema"),
        ('{"pattern": "("}', "schema"),
        ('{"pattern": "(?=a)b"}', "schema"),
        ('{"pattern": "(a{1000}){1000}"}', "schema"),
        ('{"$ref": "https://example.com/schema"}', "reference"),
        ('{"$ref": "file:///etc/passwd"}', "reference"),
        ('{"$ref": "#/$defs/none"}', "reference"),
        ('{"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}', "reference"),
        ('{"$id": "https://example.com/"}', "reference"),
        ('{"$schema": "http://json-schema.org/draft-07/schema#"}', "dialect"),
        ('{"not": ' * 40 + "{}" + "}" * 40, "depth"),
        (json.dumps({"enum": list(range(6_000))}), "size"),
        (json.dumps({"description": "x" * 1_000_000}), "size"),
        ('{"a"', "json"),
    ],
)
def test_a_schema_that_is_none_or_too_much_is_refused(schema: str, code: str) -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        parse_schema(schema)

    assert [one.code for one in refused.value.findings] == [code]


def test_a_schema_that_grows_when_it_is_written_out_is_refused() -> None:
    levels = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 10} for n in range(5)}
    bomb = {"$defs": levels | {"l5": {"type": "string"}}, "$ref": "#/$defs/l0"}

    with pytest.raises(InvalidDefinitionError) as refused:
        parse_schema(json.dumps(bomb))

    assert refused.value.findings[0].code == "size"


def test_a_secret_is_a_reference_or_itself() -> None:
    assert parse_reference("${env:DB_PASSWORD}") == Reference("env", "DB_PASSWORD")
    assert parse_reference("${file:/run/secrets/db}") == Reference("file", "/run/secrets/db")
    for text in ("hunter2", "${env:}", "${env:A B}", "${file:relative}", "x${env:A}", "${env:A}\n"):
        assert parse_reference(text) is None
