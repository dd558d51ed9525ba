"""Fonts that a tenant brings: looked through, kept, pinned, and what documents are set in."""

import base64
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import docx
import pikepdf
import pytest
from django.db import Error, transaction
from openpyxl import load_workbook

from apps.documents.adapters.docx.rendering import render_docx
from apps.documents.adapters.html import render_html
from apps.documents.adapters.pdf.archiving import Archive
from apps.documents.adapters.pdf.fonts import Fonts, Ruler, of_chart
from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.adapters.sandboxed.faces import faces_of, inspect_fonts
from apps.documents.adapters.sandboxed.packing import head
from apps.documents.adapters.typefaces import read_typeface
from apps.documents.adapters.xlsx.rendering import render_xlsx
from apps.documents.domain.evaluation import parts
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.faces import Faces, family_name
from apps.documents.domain.findings import InvalidTemplateError
from apps.documents.models import Document, TemplateUpload, TemplateVersion, Theme
from apps.documents.services.upload_checking import sweep_uploads
from contracts.templates import ThemeChanged
from kernel import clock
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.fonts import LETTERS, font
from tests.documents.making import kept_in, stored, uploaded, with_files
from tests.documents.templates import document as plain_document
from tests.documents.test_rendering import pictures_of

CREATE = """mutation($input: CreateDocumentThemeInput!) {
  change: createDocumentTheme(input: $input) { documentTheme { id } error { code message } } }"""
UPDATE = """mutation($input: UpdateDocumentThemeInput!) {
  change: updateDocumentTheme(input: $input) {
    documentTheme { id fonts { state } } error { code message } } }"""
READ = """query($id: ID!) { documentTheme(id: $id) { fonts { state family sizeBytes sha256
  faces { style fileId fileVersion } findings { source place code message } } } }"""
TEMPLATE = """mutation($input: CreateDocumentTemplateInput!) {
  change: createDocumentTemplate(input: $input) { documentTemplate { id } error { code } } }"""
PUBLISH = """mutation($id: ID!) { change: publishDocumentTemplate(input: {id: $id}) {
  documentTemplateVersion { id fonts { family } } error { code message } } }"""
MAKE = """mutation($input: CreateDocumentInput!) { change: createDocument(input: $input) {
  document { id } error { code message } } }"""
PREVIEW = """query($body: String!, $theme: ID) {
  preview: previewDocumentTemplate(body: $body, themeId: $theme) { problem pictures { png } } }"""
BODY: dict[str, Any] = {
    "septet": 1,
    "title": "Letter",
    "page": {"watermark": "Draft", "footer": [{"type": "paragraph", "text": "Page"}]},
    "blocks": [
        {"type": "heading", "level": 1, "text": "Dear Ada"},
        {"type": "paragraph", "text": ["Plain ", {"text": "slanted", "italic": True}, " λ ✓"]},
        {"type": "list", "items": [{"text": "one"}]},
        {"type": "table", "columns": [{"title": "A"}], "rows": [["(1) text…"], ["ж"]]},
        {"type": "barcode", "symbology": "code128", "value": "A1", "alt": "a", "caption": True},
        {
            "type": "chart",
            "kind": "bar",
            "over": "[1, 2]",
            "label": "item",
            "series": [{"name": "a", "value": "item"}],
            "alt": "a",
        },
    ],
}


def faces(**files: bytes) -> Faces:
    """Return fonts as they are kept once they were looked through."""
    given = files or {"regular": font()}
    first = head({style: len(content) for style, content in given.items()})
    answer, made = inspect_fonts(first + b"".join(given.values()))
    assert "refused" not in answer, answer
    return faces_of(made[0])


def set_in(given: Faces | None, body: dict[str, Any] = BODY) -> parts.Document:
    return replace(plain_document(body, {}), faces=given)


def pdf_in(given: Faces | None, body: dict[str, Any] = BODY, **more: Any) -> bytes:
    out = io.BytesIO()
    render_pdf(set_in(given, body), out, **more)
    return out.getvalue()


def names_in(content: bytes) -> set[str]:
    """Return the fonts that are embedded, without the letters of their subsets."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        return {
            str(one.FontName).split("+")[-1].lstrip("/") for one in found if "/FontFile2" in one
        }


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return kept_in(monkeypatch, tmp_path)


def test_a_pdf_is_set_in_the_fonts_of_a_tenant_and_ours_have_what_they_lack() -> None:
    given = faces(regular=font(), bold=font(wide=700))

    made, ours = pdf_in(given), pdf_in(None)

    # ✓ is in neither of the four faces; λ and ж are in ours alone, … too.
    assert names_in(made) >= {"Harbour-Regular", "Harbour-Bold", "NotoSans-Regular"}
    assert not {one for one in names_in(ours) if one.startswith("Harbour")}
    assert made == pdf_in(given)
    assert ours == pdf_in(None)


def test_a_fast_table_in_a_tenants_font_has_the_pixels_of_reportlab() -> None:
    given = faces(regular=font())

    fast, slow = (pictures_of(pdf_in(given, fast=one)) for one in (True, False))

    assert [one.tobytes() for one in fast] == [one.tobytes() for one in slow]


def test_a_style_that_was_not_brought_is_the_nearest_that_was() -> None:
    made = names_in(pdf_in(faces(regular=font())))

    assert "Harbour-Regular" in made
    assert not {one for one in made if "Bold" in one or "Italic" in one} - {"NotoSans-Bold"}


def test_a_font_without_all_of_ascii_leaves_those_letters_to_ours() -> None:
    given = faces(regular=font(letters=LETTERS.replace("(", "").replace("1", "")))

    assert "NotoSans-Regular" in names_in(pdf_in(given, {**BODY, "blocks": BODY["blocks"][3:4]}))


def test_a_chart_is_set_in_ours_where_the_numbers_of_its_axes_are_not_in_a_tenants() -> None:
    given = faces(regular=font())
    body = {**BODY, "blocks": BODY["blocks"][5:]}
    (chart,) = set_in(given, body).parts
    assert isinstance(chart, parts.Chart)
    Fonts("en", given)

    # French has a narrow space between groups.
    assert of_chart(chart, Locale("en"))[0] == "Noto"
    assert of_chart(chart, Locale("fr"))[0] == "Noto-Beside"


def test_what_is_cut_ends_without_a_mark_that_its_font_does_not_have() -> None:
    Fonts("en", faces(regular=font(letters="ab ")))

    assert Ruler("Noto", 10).cut("a" * 20, 30) == "a" * 5


def test_outlines_of_postscript_are_embedded_as_those_of_truetype() -> None:
    given = faces(regular=font("Pier", postscript=True))

    assert "Pier-Regular" in names_in(pdf_in(given, archive=Archive()))


def test_pages_words_and_workbooks_are_set_in_them_too() -> None:
    given, page, letter, book = faces(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    render_html(set_in(given), page)
    render_docx(set_in(given), letter)
    render_xlsx(set_in(given), book)

    (face,) = re.findall(
        rb'@font-face\{font-family:"Harbour";src:url\(data:font/ttf;base64,([^)]+)\)',
        page.getvalue(),
    )
    assert base64.b64decode(face) == given.files["regular"]
    assert b'font:10pt/1.5 "Harbour",' in page.getvalue()
    assert docx.Document(letter).styles["Normal"].font.name == "Harbour"
    sheet: Any = load_workbook(book).active
    assert {cell.font.name for row in sheet.iter_rows() for cell in row} == {"Harbour"}


@pytest.mark.parametrize("rights", [0x0004, 0])
def test_a_page_has_only_fonts_that_may_be_edited_and_are_small(rights: int) -> None:
    given, page = faces(regular=font(rights=rights)), io.BytesIO()
    most = 1 if not rights else 1_000_000
    with patch("apps.documents.adapters.html.MOST_FONT_BYTES", most):
        render_html(set_in(given), page)

    assert b"@font-face" not in page.getvalue()
    assert b'"Harbour"' in page.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (font(rights=0x0002), "embedding"),
        (font(rights=0x0100), "embedding"),
        (font(rights=0x0200), "embedding"),
        (font(letters="A"), "characters"),
        (b"%PDF-1.4", "font"),
        (font()[:400], "font"),
        (b"wOF2" + font()[4:], "font"),
        (b"ttcf" + font()[4:], "font"),
        (b"", "font"),
        (bytes(range(256)) * 40, "font"),
    ],
)
def test_what_is_no_font_or_may_not_be_embedded_is_refused_by_its_name(
    content: bytes, code: str
) -> None:
    with pytest.raises(InvalidTemplateError) as caught:
        read_typeface(content, "bold")

    (finding,) = caught.value.findings
    assert (finding.place, finding.code) == ("/bold", code)


def test_a_font_is_kept_as_the_same_bytes_each_time_and_without_what_is_not_embedded() -> None:
    first, again = (read_typeface(font(rights=0x0008), "regular") for _ in range(2))

    assert first == again
    assert first.editable
    assert family_name('a"};<b>\\ Serif ') == "a b Serif"


def test_a_font_with_a_wrong_byte_is_refused_or_made_anew() -> None:
    whole, codes = font(letters=" ABC"), set()

    for at in range(0, len(whole), 7):
        wrong = bytearray(whole)
        wrong[at] ^= 0xFF
        try:
            assert read_typeface(bytes(wrong), "regular").content
        except InvalidTemplateError as error:
            codes |= {one.code for one in error.findings}

    assert "font" in codes
    assert codes <= {"font", "embedding", "characters", "variable"}


def _theme(graphql: GraphQLClient, *, name: str = "own", **files: bytes) -> Theme:
    """Make a theme with fonts that are looked through already."""
    given = {
        style: {"fileId": uploaded(f"{name}-{style}.ttf", content), "version": 1}
        for style, content in files.items()
    }
    change = graphql(CREATE, input={"name": name, "fonts": given}).data["change"]
    assert change["error"] is None, change
    drain()
    return Theme.objects.get(pk=change["documentTheme"]["id"])


def _template(graphql: GraphQLClient, theme: Theme) -> str:
    texts = {"name": "letter", "title": "Letter", "body": json.dumps(BODY)}
    change = graphql(TEMPLATE, input=texts | {"themeId": str(theme.pk)}).data["change"]
    return str(change["documentTemplate"]["id"])


def _document(graphql: GraphQLClient) -> Document:
    change = graphql(MAKE, input={"template": "letter", "format": "PDF", "data": {}}).data["change"]
    assert change["error"] is None, change
    drain()
    return Document.objects.get(pk=change["document"]["id"])


@with_files
def test_a_version_keeps_the_fonts_it_was_published_with(
    graphql: GraphQLClient, folder: Path
) -> None:
    theme = _theme(graphql, regular=font())
    template = _template(graphql, theme)
    version = graphql(PUBLISH, id=template).data["change"]["documentTemplateVersion"]
    first = _document(graphql)
    other = {"regular": {"fileId": uploaded("other.ttf", font("Pier")), "version": 1}}
    graphql(UPDATE, input={"id": str(theme.pk), "fonts": other})
    drain()
    again = _document(graphql)

    assert version["fonts"] == {"family": "Harbour"}
    assert (first.state, again.state) == ("ready", "ready"), first.error_message
    assert first.sha256 == again.sha256
    assert Theme.objects.filter(pk=theme.pk, fonts__family="Pier").exists()
    made = [one.read_bytes() for one in stored(folder.parent / "files")]
    (pdf,) = {one for one in made if one.startswith(b"%PDF")}
    assert "Harbour-Regular" in names_in(pdf)
    assert [one.fields for one in told(ThemeChanged)] == [("fonts",)] * 3
    with pytest.raises(Error), transaction.atomic():
        TemplateVersion.objects.filter(pk=version["id"]).update(fonts=None)


@with_files
def test_a_theme_says_what_is_wrong_with_its_fonts_and_is_not_published(
    graphql: GraphQLClient, folder: Path
) -> None:
    theme = _theme(graphql, regular=font(), bold=font(rights=0x0002))

    fonts = graphql(READ, id=str(theme.pk)).data["documentTheme"]["fonts"]
    refused = graphql(PUBLISH, id=_template(graphql, theme)).data["change"]["error"]

    assert (fonts["state"], fonts["family"]) == ("REFUSED", "")
    assert [(one["place"], one["code"]) for one in fonts["findings"]] == [("/bold", "embedding")]
    assert [one["style"] for one in fonts["faces"]] == ["REGULAR", "BOLD"]
    assert refused["code"] == "DOCUMENTS_TEMPLATE_REFUSED"
    assert not stored(folder)


@with_files
def test_fonts_are_seen_in_the_preview_and_go_when_nothing_has_them(
    graphql: GraphQLClient, folder: Path
) -> None:
    theme = _theme(graphql, regular=font())
    body = json.dumps({**BODY, "page": {}, "blocks": BODY["blocks"][:2]})

    own = graphql(PREVIEW, body=body, theme=str(theme.pk)).data["preview"]
    ours = graphql(PREVIEW, body=body).data["preview"]
    graphql(UPDATE, input={"id": str(theme.pk), "fonts": None})
    later = TemplateUpload.objects.get().created_at + timedelta(hours=25)
    with patch.object(clock, "now", lambda: later):
        sweep_uploads()
    drain()

    assert own["problem"] is ours["problem"] is None
    assert own["pictures"] != ours["pictures"]
    assert not TemplateUpload.objects.exists()
    assert not stored(folder)


@with_files
@pytest.mark.parametrize(
    ("fonts", "code"),
    [
        ({"regular": {"fileId": "x", "version": 1}}, "INVALID_INPUT"),
        ({"regular": {"fileId": new_id(), "version": 0}}, "INVALID_INPUT"),
    ],
)
def test_fonts_that_are_no_files_are_refused(
    graphql: GraphQLClient, folder: Path, fonts: dict[str, Any], code: str
) -> None:
    change = graphql(CREATE, input={"name": "own", "fonts": fonts}).data["change"]

    assert change["error"]["code"] == code
    assert not Theme.objects.exists()
    assert not TemplateUpload.objects.exists()


@with_files
def test_files_of_another_tenant_are_no_fonts(graphql: GraphQLClient, folder: Path) -> None:
    with in_tenant(make_tenant("other").pk):
        theirs = uploaded("theirs.ttf", font())
    given = {"regular": {"fileId": theirs, "version": 1}}
    graphql(CREATE, input={"name": "own", "fonts": given})
    drain()

    fonts = TemplateUpload.objects.get()
    assert (fonts.state, fonts.error_code) == ("refused", "FILE_NOT_FETCHED")
    assert not stored(folder)
