"""Documents as HTML, CSV and PDF, read again by programs of others."""

import base64
import csv
import io
import re
import subprocess
import sys
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from apps.documents.adapters.csv import render_csv
from apps.documents.adapters.html import render_html
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.protection import Protection
from tests.documents.reading import Tags
from tests.documents.templates import DATA, INVOICE, document, of_blocks, pdf


def html(template: dict[str, Any], data: dict[str, Any] | None = None, **more: Any) -> str:
    out = io.BytesIO()
    render_html(document(template, data, **more), out)
    return out.getvalue().decode()


def pages_of(content: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in opened]


def pictures_of(content: bytes) -> list[Image.Image]:
    return [page.render(scale=2).to_pil() for page in pypdfium2.PdfDocument(content)]


def test_html_is_whole_escaped_and_fetches_nothing() -> None:
    page = html(INVOICE, DATA)

    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert "Ärzte &amp; Co &lt;b&gt;, Köln" in page
    assert ("html", {"lang": "de-DE", "dir": "ltr"}) in tags.seen
    assert not [attrs for tag, attrs in tags.seen if tag in ("script", "link", "iframe", "object")]
    assert not [attrs for tag, attrs in tags.seen if "src" in attrs or "onload" in attrs]
    assert not re.search(r"url\((?!#)|@import", page)
    assert {"h-1", "h-2"} <= {attrs.get("id") for _, attrs in tags.seen}
    assert ("a", {"href": "#h-2"}) in tags.seen
    assert [attrs["aria-label"] for tag, attrs in tags.seen if tag == "svg"] == [
        "Mengen je Position",
        "4006381333931",
        "https://example.com/20240017",
    ]
    assert ("div", {"class": "watermark", "aria-hidden": "true"}) in tags.seen
    assert "Seite" not in page
    # On paper a wide table is not cut off where it would be scrolled.
    assert re.search(r"@media print\{.*\.table\{overflow:visible\}", page)
    ids = [attrs["id"] for _, attrs in tags.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert "..." not in page


def test_csv_has_whole_values_and_no_formula() -> None:
    out = io.BytesIO()
    rows = [{"a": "=1+1", "b": -1.50}, {"a": "'+x", "b": 12345678.9}, {"a": 'x,"\n', "b": None}]
    table = {
        "type": "table",
        "over": "rows",
        "columns": [
            {"title": "@a", "value": "row.a"},
            {"title": "b", "value": "row.b", "format": "currency", "total": "sum"},
        ],
    }

    render_csv(document(of_blocks(table, locale="de"), {"rows": rows}), out)

    read = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert read == [
        ["'@a", "b"],
        ["'=1+1", "-1.5"],
        ["''+x", "12345678.9"],
        ['x,"\n', ""],
    ]


def test_a_cell_that_reaches_down_leaves_its_column_empty_below() -> None:
    out = io.BytesIO()

    render_csv(document(of_blocks(INVOICE["blocks"][-4])), out)

    assert out.getvalue() == b"A,B,C\r\nhoch,breit,\r\n,x,'=1+2\r\n"


def test_a_csv_of_a_document_without_tables_is_refused_not_empty() -> None:
    out = io.BytesIO()

    with pytest.raises(DocumentError) as refused:
        render_csv(document(of_blocks({"type": "paragraph", "text": "Dear Ada"})), out)

    assert refused.value.finding.code == "tables"
    assert out.getvalue() == b""


def test_pdf_has_text_pages_bookmarks_and_metadata() -> None:
    content = pdf(INVOICE, DATA)

    pages = pages_of(content)
    assert len(pages) == 4
    assert "Rechnung 20240017" in pages[0]
    assert "H2O wichtig hier Ελληνικά Русский".replace(" ", "") in "".join(pages[0].split())
    assert "Seite 1 von 4" in pages[0]
    assert "Seite 3 von 4" in pages[2]
    assert "99,90" in pages[0] + pages[1]
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.docinfo["/Title"] == "Rechnung 20240017"
        assert opened.Root.Lang == "de-DE"
        assert [item.title for item in opened.open_outline().root] == ["Rechnung 20240017"]
        assert [page.MediaBox[2] > page.MediaBox[3] for page in opened.pages] == [
            False,
            False,
            True,
            False,
        ]
        fonts = {
            str(font.BaseFont)
            for page in opened.pages
            for font in page.Resources.Font.values()
            if "/FontDescriptor" in font
        }
        assert any("NotoSans" in font for font in fonts)


def test_contents_name_the_pages_that_their_headings_are_on() -> None:
    template = of_blocks(
        {"type": "contents", "title": "Contents"},
        *[
            block
            for at in range(3)
            for block in (
                {"type": "pageBreak"},
                {"type": "heading", "level": 1 + at, "text": f"Chapter {at}"},
            )
        ],
    )

    pages = pages_of(pdf(template))

    assert " ".join(pages[0].split()) == "Contents Chapter 0 2 Chapter 1 3 Chapter 2 4"


def test_the_same_document_has_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys; from tests.documents.templates import *;"
        "pdf(of_blocks({'type': 'paragraph', 'text': 'other: مرحبا'}));"
        "sys.stdout.buffer.write(pdf(INVOICE | {'title': 'سلام'}, DATA))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=120
    ).stdout

    assert other == pdf(INVOICE | {"title": "سلام"}, DATA)
    assert html(INVOICE, DATA) == html(INVOICE, DATA)


def test_shaped_text_has_the_same_bytes_whatever_came_before() -> None:
    arabic = of_blocks({"type": "paragraph", "text": "مرحبا بالعالم لا إله"})
    first = pdf(arabic)

    pdf(of_blocks({"type": "paragraph", "text": "هذا نص آخر لإرباك الترقيم"}))

    assert pdf(arabic) == first


def test_scripts_from_the_right_are_read_in_their_order() -> None:
    text = "مرحبا بالعالم (123) שלום עולם"
    [page] = pages_of(pdf(of_blocks({"type": "paragraph", "text": text}, locale="ar")))

    assert "مرحبا بالعالم" in page
    assert "שלום עולם" in page


def test_a_table_is_the_same_to_the_pixel_however_it_is_drawn() -> None:
    rows = [
        {"a": f"Zeile {at} (ä\\)", "b": at * 1000 / 7, "c": "x y " * (at % 40), "g": at // 37}
        for at in range(150)
    ]
    template = of_blocks(
        {
            "type": "table",
            "over": "rows",
            "stripes": True,
            "totals": "Total",
            "groups": [{"by": "row.g", "title": "Group {{ row.g }}", "totals": True}],
            "columns": [
                {"title": "Größe", "value": "row.a", "width": 60},
                {"title": "B", "value": "row.b", "format": "currency", "total": "sum"},
                {"title": "C", "value": "row.c", "align": "center"},
            ],
        },
        locale="de",
        currency="EUR",
    )
    flat = of_blocks({**template["blocks"][0], "groups": []}, locale="de", currency="EUR")

    bare = of_blocks({**flat["blocks"][0], "lines": False}, locale="de", currency="EUR")

    for given in (template, flat, bare):
        fast = pdf(given, {"rows": rows})
        slow = pdf(given, {"rows": rows}, fast=False)

        assert pages_of(fast) == pages_of(slow)
        pairs = list(zip(pictures_of(fast), pictures_of(slow), strict=True))
        assert len(pairs) > 3
        for one, other in pairs:
            assert ImageChops.difference(one, other).getbbox() is None
        assert fast != slow


def test_rows_follow_their_titles_on_every_page() -> None:
    table = {
        "type": "table",
        "over": "rows",
        "columns": [{"title": "Number", "value": "row"}],
    }

    pages = pages_of(pdf(of_blocks(table), {"rows": list(range(500))}))

    assert all(page.splitlines()[0].strip() == "Number" for page in pages)
    numbers = [int(line) for page in pages for line in page.split() if line.isdigit()]
    assert numbers == list(range(500))


def test_a_cell_longer_than_a_page_is_torn() -> None:
    table = {"type": "table", "over": "rows", "columns": [{"title": "T", "value": "row"}]}
    text = " ".join(f"word{at}" for at in range(3_000))

    pages = pages_of(pdf(of_blocks(table), {"rows": ["before", text, "after"]}))

    assert len(pages) > 2
    words = re.findall(r"word\d+", " ".join(pages))
    assert words == text.split()
    assert "after" in pages[-1]


def test_what_is_kept_together_is_on_one_page() -> None:
    fill = {"type": "spacer", "height": 240}
    keep = {
        "type": "keep",
        "blocks": [{"type": "paragraph", "text": f"line {at}"} for at in range(8)],
    }

    pages = pages_of(pdf(of_blocks({"type": "paragraph", "text": "top"}, fill, keep)))

    assert "line 0" not in pages[0]
    assert all(f"line {at}" in pages[1] for at in range(8))


def test_columns_are_torn_where_the_page_ends() -> None:
    lines = [{"type": "paragraph", "text": f"left {at}"} for at in range(60)]
    kept = {"type": "keep", "blocks": [{"type": "paragraph", "text": "right"}]}
    columns = {"type": "columns", "columns": [{"blocks": lines}, {"blocks": [kept]}]}

    pages = pages_of(pdf(of_blocks({"type": "paragraph", "text": "top"}, columns)))

    assert len(pages) == 2
    assert "right" in pages[0]
    found = [int(at) for at in re.findall(r"left (\d+)", " ".join(pages))]
    assert found == list(range(60))


def test_what_is_kept_together_and_no_page_holds_is_torn() -> None:
    lines = [{"type": "paragraph", "text": f"line {at}"} for at in range(90)]
    for panel in (False, True):
        keep = {"type": "keep", "panel": panel, "blocks": lines}

        pages = pages_of(pdf(of_blocks({"type": "paragraph", "text": "top"}, keep)))

        found = [int(at) for at in re.findall(r"line (\d+)", " ".join(pages))]
        assert found == list(range(90))


def test_a_long_table_begins_under_its_titles() -> None:
    table = {
        "type": "table",
        "over": "rows",
        "caption": "All of them",
        "columns": [{"title": "Number", "value": "row"}],
    }
    heading = {"type": "heading", "level": 1, "text": "Numbers"}
    top = {"type": "paragraph", "text": "top"}

    pages = pages_of(pdf(of_blocks(top, heading, table), {"rows": list(range(80))}))
    low = pages_of(
        pdf(of_blocks({"type": "spacer", "height": 235}, heading, table), {"rows": [1, 2]})
    )

    assert {"top", "Numbers", "All of them"} <= set(pages[0].splitlines())
    assert "Numbers" not in low[0]
    assert low[1].splitlines()[:3] == ["Numbers", "All of them", "Number"]


def test_a_table_on_a_label_is_on_the_first_one() -> None:
    table = {"type": "table", "columns": [{"title": "A"}], "rows": [["1"], ["2"]]}
    label = {"size": [60, 30], "margins": [3, 3, 3, 3]}

    assert len(pages_of(pdf(of_blocks(table, page=label, theme={"size": 10})))) == 1


def test_panels_beside_one_another_are_of_one_height() -> None:
    panels = [
        {"blocks": [{"type": "keep", "panel": True, "blocks": [paragraph] * count}]}
        for count, paragraph in ((1, {"type": "paragraph", "text": "a"}), (4, {"type": "rule"}))
    ]
    content = pdf(of_blocks({"type": "columns", "columns": panels}, theme={"stripe": "#ff0000"}))

    [picture] = pictures_of(content)
    red = [
        [y for y in range(picture.height) if picture.getpixel((x, y)) == (255, 0, 0)]
        for x in (130, 620)
    ]
    assert red[0]
    assert (red[0][0], red[0][-1]) == (red[1][0], red[1][-1])


def picture(size: tuple[int, int] = (30, 20), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def test_pictures_are_assets_or_data() -> None:
    template = of_blocks(
        {"type": "image", "asset": "logo", "alt": "Our logo", "width": 30},
        {"type": "image", "data": "photo", "alt": "A photo", "width": 30},
    )
    data = {"photo": base64.b64encode(picture(kind="JPEG")).decode()}

    page = html(template, data, assets={"logo": picture()})

    assert re.findall(r'src="data:image/(\w+);base64,[^"]+" alt="([^"]+)"', page) == [
        ("png", "Our logo"),
        ("jpeg", "A photo"),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg/>", b"GIF89a", picture()[:40], picture((9_000, 9_000)), b"%!PS\n(%pipe%id) run"],
)
def test_what_is_no_picture_is_drawn_nowhere(content: bytes) -> None:
    template = of_blocks({"type": "image", "asset": "logo", "alt": "x"})

    with pytest.raises(DocumentError) as told:
        html(template, assets={"logo": content})

    assert told.value.finding.code in ("image", "size")
    assert told.value.finding.place == "/blocks/0"


def test_a_protected_pdf_opens_by_its_password_alone() -> None:
    content = pdf(of_blocks(), protection=Protection(user="open", owner="change"))

    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(content))
    with pikepdf.open(io.BytesIO(content), password="open") as opened:
        assert opened.encryption.R == 6
        assert not opened.allow.extract
        assert len(opened.pages) == 1


def test_a_link_in_pdf_is_the_link_that_was_given() -> None:
    url = "https://example.com/?a=1&b=\"x'<y>"
    text = [{"text": "here", "link": "{{ url }}"}]

    content = pdf(of_blocks({"type": "paragraph", "text": text}), {"url": url})

    with pikepdf.open(io.BytesIO(content)) as opened:
        [note] = opened.pages[0].Annots
        assert str(note.A.URI) == url


def test_markup_in_data_stays_text_in_pdf() -> None:
    text = '<b>x</b> & <img src="/etc/passwd"/> <a href="x">'

    [page] = pages_of(pdf(of_blocks({"type": "paragraph", "text": "{{ t }}"}), {"t": text}))

    assert page.strip() == text
