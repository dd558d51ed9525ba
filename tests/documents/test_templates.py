"""Templates as JSON: what is taken, and what is refused with its place."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.documents.domain.evaluation.parts import Document, Table
from apps.documents.domain.findings import DocumentError, InvalidTemplateError
from apps.documents.domain.limits import Limits
from apps.documents.domain.model.parsing import parse_template, read_template
from apps.documents.domain.model.texts import words
from tests.documents.templates import DATA, INVOICE, document, of_blocks

PARAGRAPH = {"type": "paragraph", "text": "x"}


def findings(given: Any, limits: Limits = Limits()) -> list[tuple[str, str]]:  # noqa: B008  # frozen
    with pytest.raises(InvalidTemplateError) as told:
        parse_template(json.dumps(given), limits)
    return [(finding.place, finding.code) for finding in told.value.findings]


def test_a_whole_template_is_read() -> None:
    template = parse_template(json.dumps(INVOICE))

    assert (template.locale, template.currency, template.zone) == ("de_DE", "EUR", "Europe/Berlin")
    assert len(template.blocks) == len(INVOICE["blocks"])
    assert template.page.margins == (20, 20, 20, 20)


@pytest.mark.parametrize(
    ("blocks", "place", "code"),
    [
        ([{}], "/blocks/0/type", "block"),
        ([{"type": "script"}], "/blocks/0/type", "block"),
        ([{"type": ["x"]}], "/blocks/0/type", "block"),
        (["text"], "/blocks/0", "type"),
        ([{"type": "paragraph", "txt": "x"}], "/blocks/0/txt", "unknown"),
        ([{"type": "paragraph", "text": 5}], "/blocks/0/text", "type"),
        ([{"type": "paragraph", "text": "{{ 1 +"}], "/blocks/0/text", "syntax"),
        ([{"type": "paragraph", "text": "{{ nope() }}"}], "/blocks/0/text", "function"),
        ([{"type": "paragraph", "text": "a\x00b"}], "/blocks/0/text", "character"),
        ([{"type": "paragraph", "text": "\ud800"}], "/blocks/0/text", "character"),
        ([{"type": "paragraph", "text": "x", "align": "left"}], "/blocks/0/align", "choice"),
        (
            [{"type": "paragraph", "text": [{"text": "x", "link": "javascript:alert(1)"}]}],
            "/blocks/0/text/0/link",
            "link",
        ),
        (
            [{"type": "paragraph", "text": [{"text": "x", "link": "{{ host }}/x"}]}],
            "/blocks/0/text/0/link",
            "link",
        ),
        (
            [{"type": "paragraph", "text": [{"text": "x", "color": "red;}"}]}],
            "/blocks/0/text/0/color",
            "color",
        ),
        ([{"type": "heading", "level": 7, "text": "x"}], "/blocks/0/level", "range"),
        ([{"type": "heading", "level": True, "text": "x"}], "/blocks/0/level", "type"),
        ([{"type": "heading"}], "/blocks/0/text", "missing"),
        ([{"type": "repeat", "blocks": []}], "/blocks/0/over", "missing"),
        ([{"type": "repeat", "over": "x", "as": "a b", "blocks": []}], "/blocks/0/as", "name"),
        ([{"type": "include", "partial": "none"}], "/blocks/0/partial", "partial"),
        ([{"type": "table", "columns": []}], "/blocks/0/columns", "missing"),
        (
            [{"type": "table", "over": "x", "columns": [{"value": "row.x", "format": "money"}]}],
            "/blocks/0/columns/0/format",
            "format",
        ),
        (
            [{"type": "table", "over": "x", "columns": [{"value": "row.x", "total": "sum"}]}],
            "/blocks/0/columns/0/total",
            "format",
        ),
        (
            [{"type": "table", "columns": [{}, {}], "rows": [["a"]]}],
            "/blocks/0/rows/0",
            "cells",
        ),
        (
            [{"type": "table", "columns": [{}], "rows": [["a", "b"]]}],
            "/blocks/0/rows/0",
            "cells",
        ),
        (
            [{"type": "table", "columns": [{}], "rows": [[{"text": "a", "down": 2}]]}],
            "/blocks/0/rows",
            "cells",
        ),
        ([{"type": "image", "alt": "x"}], "/blocks/0", "missing"),
        (
            [{"type": "chart", "kind": "pie", "over": "x", "label": "item", "series": []}],
            "/blocks/0/series",
            "missing",
        ),
        (
            [{"type": "keep", "blocks": [{"type": "section", "blocks": []}]}],
            "/blocks/0/blocks/0",
            "section",
        ),
        (
            [{"type": "field", "name": "a", "control": "choice", "label": "x"}],
            "/blocks/0/options",
            "choice",
        ),
        (
            [{"type": "field", "name": "a", "label": "x"}] * 2,
            "/blocks/1/name",
            "twice",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(blocks: list[Any], place: str, code: str) -> None:
    found = findings(of_blocks(*blocks))

    assert (place, code) in found


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"septet": 2}, "/septet", "version"),
        ({"locale": "xx_YY"}, "/locale", "locale"),
        ({"currency": "EUROS"}, "/currency", "size"),
        ({"currency": "XYZ"}, "/currency", "locale"),
        ({"timezone": "../../etc/passwd"}, "/timezone", "locale"),
        ({"page": {"size": [1e400, 5]}}, "/page/size", "type"),
        ({"page": {"margins": [100, 100, 200, 100]}}, "/page/margins", "range"),
        ({"theme": {"color": "expression(1)"}}, "/theme/color", "color"),
        ({"title": ""}, "/title", "missing"),
        ({"extra": 1}, "/extra", "unknown"),
        ({"partials": []}, "/partials", "type"),
        (
            {"partials": {"a": {"blocks": [{"type": "include", "partial": "a"}]}}},
            "/partials/a/blocks/0/partial",
            "partial",
        ),
    ],
)
def test_a_template_says_what_it_is(change: dict[str, Any], place: str, code: str) -> None:
    assert (place, code) in findings(of_blocks(PARAGRAPH) | change)


def test_all_mistakes_are_told_at_once_and_no_more_than_a_hundred() -> None:
    assert len(findings(of_blocks({"type": "x"}, {"type": "heading"}))) == 2
    assert len(findings(of_blocks(*[{"type": "x"}] * 500))) == 100


def nested(levels: int) -> dict[str, Any]:
    block: dict[str, Any] = PARAGRAPH
    for _ in range(levels):
        block = {"type": "keep", "blocks": [block]}
    return of_blocks(block)


LAUGHS = {
    f"p{at}": {"blocks": [{"type": "include", "partial": f"p{at - 1}"}] * 10 if at else [PARAGRAPH]}
    for at in range(20)
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[" * 100_000, "json"),
        (b"\xff\xfe", "json"),
        (b"{}" + b" " * 3_000_000, "size"),
        (b"[]", "type"),
        (json.dumps(nested(30)).encode(), "depth"),
        (json.dumps(of_blocks(*[PARAGRAPH] * 10_001)).encode(), "size"),
        (json.dumps(of_blocks({"type": "paragraph", "text": "x" * 20_001})).encode(), "size"),
        (json.dumps(of_blocks(partials=LAUGHS)), "size"),
    ],
)
def test_a_template_too_large_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(InvalidTemplateError) as told:
        parse_template(text)

    assert told.value.findings[0].code == code


def taken(made: Document) -> None:
    """Take every part of a document, and every row."""
    for part in made.parts:
        list(getattr(part, "rows", ()))


SMALL = Limits(steps=100_000, evaluated_blocks=1_000, evaluated_rows=1_000, document_text=10_000)
TABLE = {"type": "table", "over": "many", "columns": [{"value": "row"}]}
REPEAT = {"type": "repeat", "over": "many", "blocks": [PARAGRAPH]}


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"type": "repeat", "over": "many", "blocks": [REPEAT]}, "size"),
        ({"type": "repeat", "over": "many", "blocks": [REPEAT | {"blocks": []}]}, "budget"),
        ({"type": "repeat", "over": "many", "blocks": [TABLE]}, "size"),
        ({"type": "repeat", "over": "'text'", "blocks": []}, "type"),
        ({"type": "paragraph", "text": "{{ join(map(many, a => join(many))) }}"}, "budget"),
        ({"type": "list", "items": [{"over": "many", "text": "x" * 100}]}, "size"),
        (
            {"type": "chart", "over": "many", "label": "item", "series": [{"value": "'x'"}]},
            "type",
        ),
        ({"type": "image", "alt": "", "asset": "../../etc/passwd"}, "asset"),
        ({"type": "image", "alt": "", "data": "'no base64!'"}, "value"),
        ({"type": "barcode", "symbology": "ean13", "value": "4006381333932"}, "barcode"),
        ({"type": "barcode", "symbology": "qr", "value": "{{ join(many) }}"}, "barcode"),
        ({"type": "barcode", "value": "ümlaut"}, "barcode"),
        ({"type": "paragraph", "text": "{{ many }}"}, "type"),
        ({"type": "paragraph", "text": "{{ deep.a.b }}"}, "type"),
        (TABLE | {"columns": [{"value": "'x'", "format": "number"}]}, "type"),
        (TABLE | {"columns": [{"value": "'2024-99-99'", "format": "date"}]}, "value"),
    ],
)
def test_hostile_templates_stop_within_their_limits(block: dict[str, Any], code: str) -> None:
    data = {"many": list(range(600)), "deep": {"a": "text"}}

    with pytest.raises(DocumentError) as told:
        taken(document(of_blocks(block), data, limits=SMALL))

    assert told.value.finding.code == code


def test_an_error_names_block_expression_and_character() -> None:
    template = of_blocks({"type": "paragraph", "text": "Sum: {{ 1 / number }}"})

    with pytest.raises(DocumentError) as told:
        list(document(template, {"number": 0}).parts)

    finding = told.value.finding
    assert (finding.place, finding.block, finding.code) == (
        "/blocks/0/text",
        "paragraph",
        "division",
    )
    assert finding.at is not None
    assert finding.expression[finding.at] == "/"


def test_a_link_that_data_makes_a_script_is_left_out() -> None:
    text = [{"text": "x", "link": "{{ url }}"}]
    template = of_blocks({"type": "paragraph", "text": text})

    [part] = document(template, {"url": "javascript:alert(1)"}).parts

    assert getattr(part, "text")[0].link == ""  # noqa: B009  # of which kind, is what is asked


@settings(max_examples=60)
@given(st.data())
def test_a_template_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    template = deepcopy(INVOICE)
    here: Any = template
    while isinstance(here, dict | list) and here:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or data.draw(st.booleans()):
            here[key] = data.draw(
                st.none()
                | st.booleans()
                | st.integers()
                | st.text(max_size=20)
                | st.just([])
                | st.just({})
            )
            break
        here = here[key]

    try:
        read_template(template)
    except InvalidTemplateError as error:
        places = [finding.place for finding in error.findings]
        assert places  # most texts are read


def test_rows_are_grouped_and_added_up() -> None:
    [table, _] = [part for part in document(INVOICE, DATA).parts if isinstance(part, Table)]

    rows = [(row.kind, [words(cell.text) for cell in row.cells]) for row in table.rows]

    assert rows == [
        ("group", ["Gruppe a"]),
        ("body", ["Teil 0", "1", "9,99\xa0€"]),
        ("body", ["Teil 1", "2", "19,98\xa0€"]),
        ("subtotal", ["Gruppe a", "", "29,97\xa0€"]),
        ("group", ["Gruppe b"]),
        ("body", ["Teil 2", "3", "29,97\xa0€"]),
        ("body", ["Teil 3", "4", "39,96\xa0€"]),
        ("subtotal", ["Gruppe b", "", "69,93\xa0€"]),
        ("total", ["Summe", "", "99,90\xa0€"]),
    ]
