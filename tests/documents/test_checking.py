"""Templates judged before they have data: their schema, and what is wrong with them."""

from typing import Any

import pytest

from apps.documents.domain.checking.inferring import infer_schema
from apps.documents.domain.checking.linting import check, contrast
from apps.documents.domain.checking.schemas import check_data, parse_schema
from apps.documents.domain.findings import InvalidTemplateError
from apps.documents.domain.model.parsing import read_template
from tests.documents.templates import DATA, INVOICE, of_blocks

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "total": {"type": ["number", "null"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "free": {"type": "object", "properties": {}, "additionalProperties": True},
    },
    "$defs": {
        "line": {
            "type": "object",
            "properties": {"qty": {"type": "integer"}, "name": {"type": "string"}},
        }
    },
}


def test_a_schema_is_drafted_from_what_a_template_reads() -> None:
    schema = infer_schema(read_template(INVOICE))

    assert schema["properties"] == {
        "customer": {
            "type": "object",
            "properties": {"city": {}, "name": {}, "vip": {}},
            "required": ["city", "name", "vip"],
        },
        "draft": {},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {},
                    "name": {},
                    "price": {"type": "number"},
                    "qty": {"type": "number"},
                },
                "required": ["kind", "name", "price", "qty"],
            },
        },
        "number": {},
    }
    validator = parse_schema(schema)
    assert check_data(validator, DATA) == ()
    [finding] = check_data(validator, DATA | {"lines": [DATA["lines"][0] | {"qty": "two"}]})
    assert (finding.place, finding.code) == ("/lines/0/qty", "schema")


@pytest.mark.parametrize(
    ("expression", "schema"),
    [
        ("upper(x)", {"type": "string"}),
        ("x * 2", {"type": "number"}),
        ("date(x)", {"type": "string", "format": "date"}),
        ("x == true", {"type": "boolean"}),
        ("x ?? 'none'", {"type": "string"}),
        ("join(x)", {"type": "array", "items": {}}),
        (
            "sum(filter(x, i => i.b), i => i.a)",
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"a": {"type": "number"}, "b": {}},
                    "required": ["a", "b"],
                },
            },
        ),
        ("x['a b']", {"type": "object", "properties": {"a b": {}}, "required": ["a b"]}),
    ],
)
def test_a_draft_knows_what_an_expression_needs(expression: str, schema: dict[str, Any]) -> None:
    block = {"type": "paragraph", "text": f"{{{{ {expression} }}}}"}

    assert infer_schema(read_template(of_blocks(block)))["properties"] == {"x": schema}


@pytest.mark.parametrize(
    ("expression", "at", "code"),
    [
        ("nme", 0, "field"),
        ("name.first", 5, "type"),
        ("lines[0].price", 9, "field"),
        ("sum(lines, l => l.price)", 18, "field"),
        ("map(filter(lines, l => l.qty > 1), l => l.nam) | join", 42, "field"),
        ("name * 2", 5, "type"),
        ("name + total", 5, "type"),
        ("name < total", 5, "type"),
        ("sum(name)", 0, "type"),
        ("lines", 0, "type"),
        ("-name", 0, "type"),
    ],
)
def test_an_expression_that_cannot_be_right_is_found(expression: str, at: int, code: str) -> None:
    template = read_template(
        of_blocks({"type": "paragraph", "text": f"Total: {{{{{expression}}}}}"})
    )

    [finding] = check(template, SCHEMA)

    assert (finding.code, finding.place, finding.block) == (code, "/blocks/0/text", "paragraph")
    assert finding.at == at
    assert finding.expression == expression


@pytest.mark.parametrize(
    "expression",
    ["total + 1", "free.anything.at.all", "lines[0].name + name", "(total ?? 0) * 2", "name ?? 1"],
)
def test_an_expression_that_may_be_right_is_let_be(expression: str) -> None:
    block = {"type": "paragraph", "text": f"{{{{ {expression} }}}}"}

    assert check(read_template(of_blocks(block)), SCHEMA) == ()


def test_loops_and_partials_are_followed_to_their_fields() -> None:
    template = read_template(
        of_blocks(
            {
                "type": "repeat",
                "over": "lines",
                "as": "line",
                "blocks": [{"type": "include", "partial": "one", "with": {"it": "line"}}],
            },
            {"type": "table", "over": "name", "columns": [{"title": "T", "value": "row"}]},
            partials={
                "one": {"takes": ["it"], "blocks": [{"type": "paragraph", "text": "{{ it.prce }}"}]}
            },
        )
    )

    assert [(one.place, one.code) for one in check(template, SCHEMA)] == [
        ("/partials/one/blocks/0/text", "field"),
        ("/blocks/1/over", "type"),
    ]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"type": "image", "asset": "logo"}, "alt"),
        ({"type": "heading", "level": 3, "text": "x"}, "level"),
        ({"type": "when", "test": "1 > 2", "blocks": [{"type": "rule"}]}, "unreachable"),
        ({"type": "when", "test": "name", "blocks": []}, "empty"),
        ({"type": "repeat", "over": "lines", "blocks": []}, "empty"),
        ({"type": "contents"}, "empty"),
        ({"type": "table", "over": "lines", "columns": [{"value": "row.qty"}]}, "header"),
        ({"type": "paragraph", "text": [{"text": "x", "color": "#cccccc"}]}, "contrast"),
        (
            {
                "type": "chart",
                "over": "lines",
                "label": "item.name",
                "series": [{"value": "item.qty"}],
            },
            "alt",
        ),
    ],
)
def test_what_readers_will_miss_is_advised(block: dict[str, Any], code: str) -> None:
    [finding] = check(read_template(of_blocks(block)), SCHEMA)

    assert (finding.code, finding.place, finding.severity) == (code, "/blocks/0", "warning")


def test_what_a_template_has_for_nothing_is_advised() -> None:
    template = of_blocks(partials={"x": {"blocks": []}}, theme={"accent": "#ffff00"})

    assert [(one.place, one.code) for one in check(read_template(template))] == [
        ("/partials/x", "unused"),
        ("/theme/accent", "contrast"),
    ]
    assert contrast("#000000", "#ffffff") == 21


@pytest.mark.parametrize(
    "schema",
    [
        [],
        {"type": "nothing"},
        {"$ref": "https://example.com/schema"},
        {"$ref": "file:///etc/passwd"},
        {"$id": "x"},
        {"pattern": "(a+)+$" * 100 + "("},
        {"enum": list(range(6_000))},
    ],
)
def test_a_schema_that_leads_elsewhere_or_is_too_large_is_refused(schema: Any) -> None:
    with pytest.raises(InvalidTemplateError):
        parse_schema(schema)
