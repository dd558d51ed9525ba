"""Pictures of pages before a template is published, and why there are none."""

import base64
import io
import json
from typing import Any

import pytest
from django.db import connection
from PIL import Image

from apps.documents.services import previewing
from apps.documents.services.looks import create_partial, create_theme
from apps.documents.services.rendering import render
from kernel.testing.graphql import GraphQLClient

PREVIEW = """
query($body: String!, $markdown: String, $sample: String, $schema: String, $themeId: ID,
    $first: Int, $count: Int, $width: Int) {
  preview: previewDocumentTemplate(body: $body, markdown: $markdown, sample: $sample,
      schema: $schema, themeId: $themeId, first: $first, count: $count, width: $width) {
    title pages problem code pictures { number width height png } } }
"""
HEAD = {"septet": 1, "title": "Dear {{ name }}"}
PAGE = {"type": "pageBreak"}


def a_body(*blocks: dict[str, Any]) -> str:
    return json.dumps({**HEAD, "blocks": list(blocks)})


def preview(graphql: GraphQLClient, **told: Any) -> Any:
    return graphql(PREVIEW, **told).data["preview"]


def test_pages_are_shown_with_partials_theme_and_a_square_for_pictures(
    graphql: GraphQLClient,
) -> None:
    heading = {"type": "heading", "level": 1, "text": "{{ name }}"}
    create_partial(name="top", body=json.dumps({"blocks": [heading]}))
    theme = create_theme(name="house", size=20)
    body = a_body(
        {"type": "include", "partial": "top"},
        {"type": "image", "asset": "seal", "alt": "A seal", "width": 100, "height": 100},
        PAGE,
        {"type": "paragraph", "text": "two"},
    )

    told = preview(graphql, body=body, sample='{"name": "Ada"}', themeId=str(theme.pk), width=200)

    assert (told["title"], told["pages"], told["problem"]) == ("Dear Ada", 2, None)
    assert [(one["number"], one["width"], one["height"]) for one in told["pictures"]] == [
        (1, 200, 283),
        (2, 200, 283),
    ]
    image = Image.open(io.BytesIO(base64.b64decode(told["pictures"][0]["png"]))).convert("RGB")
    colors = {color for _, color in image.getcolors(1 << 20) or []}
    assert (209, 209, 209) in colors
    plain = preview(graphql, body=body, sample='{"name": "Ada"}', width=200)
    assert plain["pictures"][0] != told["pictures"][0]


def test_so_many_pages_are_shown_as_are_asked_for(graphql: GraphQLClient) -> None:
    told = preview(graphql, body=a_body(*[PAGE] * 4), first=2, count=2, width=100)

    assert (told["pages"], [one["number"] for one in told["pictures"]]) == (4, [2, 3])


def test_a_preview_holds_no_transaction_while_it_is_made(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    def rendered(*given: Any, **more: Any) -> Any:
        # The one that a test case wraps around itself does not count.
        held.append(
            [one for one in connection.atomic_blocks if not getattr(one, "_from_testcase", False)]
        )
        return render(*given, **more)

    monkeypatch.setattr(previewing, "render", rendered)

    assert preview(graphql, body=a_body(), sample='{"name": "Ada"}')["pages"] == 1
    assert held == [[]]


@pytest.mark.parametrize(
    ("told", "code", "problem"),
    [
        ({"body": "{"}, "DOCUMENTS_TEMPLATE_REFUSED", "no JSON"),
        ({"body": a_body(), "sample": "{"}, "DOCUMENTS_DATA_REFUSED", "no JSON"),
        (
            {"body": a_body(), "schema": '{"required": ["name"]}'},
            "DOCUMENTS_DATA_REFUSED",
            "required",
        ),
        (
            {"body": a_body({"type": "paragraph", "text": "{{ 1 / n }}"}), "sample": '{"n": 0}'},
            "DOCUMENTS_RENDERING_REFUSED",
            "/blocks/0/text (paragraph)",
        ),
    ],
)
def test_why_nothing_can_be_shown_is_told(
    graphql: GraphQLClient, told: dict[str, Any], code: str, problem: str
) -> None:
    answer = preview(graphql, **told)

    assert (answer["title"], answer["pages"], answer["pictures"]) == (None, 0, [])
    assert answer["code"] == code
    assert problem in answer["problem"]


def test_an_endless_template_ends(graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "SECONDS", 1)
    loop = {"type": "paragraph", "text": "{{ count(map(n, a => count(map(n, b => b)))) }}"}
    body = a_body(*[loop] * 200)

    answer = preview(graphql, body=body, sample=json.dumps({"n": list(range(1_000))}))

    assert answer["code"] in {"DOCUMENTS_RENDERING_LIMIT", "DOCUMENTS_RENDERING_REFUSED"}


@pytest.mark.parametrize("told", [{"first": 0}, {"count": 11}, {"width": 5_000}])
def test_more_than_is_shown_is_refused(graphql: GraphQLClient, told: dict[str, int]) -> None:
    assert graphql(PREVIEW, body=a_body(), **told).codes == ["INVALID_INPUT"]
