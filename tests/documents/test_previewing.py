"""Pictures of pages before a template is published, and why there are none."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from PIL import Image

from apps.documents.domain.gallery import pictures
from apps.documents.services import preview_pictures, previewing
from apps.documents.services.looks import create_partial, create_theme
from apps.documents.services.rendering import render
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, uploaded, with_files

PREVIEW = """
query($body: String!, $markdown: String, $sample: String, $schema: String, $themeId: ID,
    $assets: [DocumentTemplateAssetInput!], $first: Int, $count: Int, $width: Int) {
  preview: previewDocumentTemplate(body: $body, markdown: $markdown, sample: $sample,
      schema: $schema, assets: $assets, themeId: $themeId,
      first: $first, count: $count, width: $width) {
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


def picture(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), color).save(out, "PNG")
    return out.getvalue()


def colors_of(graphql: GraphQLClient, **told: Any) -> set[Any]:
    """Return the colours of a page with a logo and a seal, as it is shown."""
    body = a_body(
        *({"type": "image", "asset": name, "alt": name, "width": 80} for name in ("logo", "seal"))
    )
    made = preview(graphql, body=body, sample='{"name": "Ada"}', width=200, **told)
    assert made["problem"] is None
    png = base64.b64decode(made["pictures"][0]["png"])
    return {one for _, one in Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20) or []}


@with_files
def test_pictures_and_the_logo_of_the_theme_are_shown_to_who_may_see_them(
    graphql: GraphQLClient,
    tenant: Tenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept_in(monkeypatch, tmp_path)
    logo, seal = uploaded("logo.png", picture("red")), uploaded("seal.png", picture("blue"))
    theme = create_theme(name="house", logo_id=logo, logo_version=1)
    told = {
        "themeId": str(theme.pk),
        "assets": [{"name": "seal", "fileId": seal, "version": 1}],
    }

    red, blue, grey = (255, 0, 0), (0, 0, 255), (209, 209, 209)
    assert {red, blue, grey} & colors_of(graphql, **told) == {red, blue}
    other = GraphQLClient(make_key(tenant, "documents:read").secret, graphql.path)
    assert {red, blue, grey} & colors_of(other, **told) == {grey}
    monkeypatch.setattr(preview_pictures, "MOST_BYTES", len(picture("red")))
    assert {red, blue, grey} & colors_of(graphql, **told) == {red, grey}


def test_a_picture_of_the_gallery_is_shown_and_one_it_lacks_refused(
    graphql: GraphQLClient,
) -> None:
    name = next(iter(pictures()))
    assets = [{"name": "seal", "gallery": name}]

    assert colors_of(graphql) != colors_of(graphql, assets=assets)
    assets = [{"name": "seal", "gallery": "none"}]
    assert graphql(PREVIEW, body=a_body(), assets=assets).codes == ["INVALID_INPUT"]


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
