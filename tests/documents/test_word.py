"""Documents as Word documents, read again by python-docx."""

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest

from apps.documents.adapters.docx.rendering import render_docx
from tests.documents.templates import DATA, INVOICE, document, of_blocks


def word(template: dict[str, Any], data: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    render_docx(document(template, data), out)
    return out.getvalue()


def test_a_word_document_has_text_tables_sections_and_fields() -> None:
    read = docx.Document(io.BytesIO(word(INVOICE, DATA)))

    texts = [paragraph.text for paragraph in read.paragraphs]
    assert texts[0] == "Rechnung 20240017"
    assert "H2O wichtig hier Ελληνικά Русский" in texts
    assert "☐ Einverstanden" in texts
    assert [one.style.name for one in read.paragraphs if one.style and one.text == "Teil 0"] == [
        "List Number 2"
    ]
    first, second = read.tables
    assert [cell.text for cell in first.rows[0].cells] == ["Position", "Menge", "Betrag"]
    assert {cell.text for cell in first.rows[1].cells} == {"Gruppe a"}
    assert [cell.text for cell in first.rows[-1].cells] == ["Summe", "", "99,90\xa0€"]
    assert [[cell.text for cell in row.cells] for row in second.rows] == [
        ["A", "B", "C"],
        ["hoch", "breit", "breit"],
        ["hoch", "x", "=1+2"],
    ]
    widths = [round(one.page_width.mm) for one in read.sections if one.page_width]
    assert widths == [210, 297, 210]
    footer = read.sections[0].footer.paragraphs[0]._p.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer
    assert len(read.inline_shapes) == 3
    assert read.core_properties.title == "Rechnung 20240017"


def test_a_watermark_stands_behind_each_section_and_nowhere_without_one() -> None:
    marked, plain = (
        docx.Document(io.BytesIO(word(INVOICE, DATA | {"draft": draft}))) for draft in (True, False)
    )

    headers = [one.header._element.xml for one in marked.sections]
    assert [re.findall(r'string="(\w+)"', one) for one in headers] == [["ENTWURF"]] * 3
    assert not [one for one in plain.sections if "textpath" in one.header._element.xml]


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_others_show_the_watermark(tmp_path: Path) -> None:
    said, (wide, high) = {"type": "paragraph", "text": "x"}, (200, 283)
    pictures = []
    for name in ("Draft", ""):
        (tmp_path / "made.docx").write_bytes(word(of_blocks(said, page={"watermark": name})))
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
        more = ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "made.docx")]
        subprocess.run([*command, *more], check=True, capture_output=True, timeout=300)
        with pypdfium2.PdfDocument((tmp_path / "made.pdf").read_bytes()) as pages:
            assert len(pages) == 1
            pictures.append(pages[0].render(scale=1).to_pil().convert("L").resize((wide, high)))

    middle = (wide // 4, high // 4, 3 * wide // 4, 3 * high // 4)
    marked, plain = (one.crop(middle).getextrema() for one in pictures)
    assert (int(marked[0]) < 240, plain) == (True, (255, 255))


def test_links_and_alternative_texts_are_kept() -> None:
    content = word(INVOICE, DATA)

    read = docx.Document(io.BytesIO(content))
    links = [link.address for one in read.paragraphs for link in one.hyperlinks]
    assert links == ["https://example.com/20240017"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert 'descr="Mengen je Position"' in archive.read("word/document.xml").decode()


def test_columns_and_text_from_the_right() -> None:
    columns = {
        "type": "columns",
        "columns": [
            {"share": 2, "blocks": [{"type": "paragraph", "text": "שלום"}]},
            {"blocks": [{"type": "paragraph", "text": "b"}, {"type": "rule"}]},
        ],
    }

    read = docx.Document(io.BytesIO(word(of_blocks(columns, locale="he"))))

    [row] = read.tables[0].rows
    assert [[one.text for one in cell.paragraphs] for cell in row.cells] == [["שלום"], ["b", ""]]
    assert re.search(r"<w:bidi/>\s*<w:jc ", row.cells[0].paragraphs[0]._p.xml)


def test_a_table_names_its_widths_and_its_title_on_every_page() -> None:
    table = {
        "type": "table",
        "over": "rows",
        "columns": [
            {"title": "A", "value": "row", "width": 30},
            {"title": "B", "value": "'=1\n2'"},
        ],
    }

    [read] = docx.Document(io.BytesIO(word(of_blocks(table), {"rows": [1]}))).tables

    assert [round(cell.width.mm) for cell in read.rows[1].cells if cell.width] == [30, 140]
    assert read.rows[1].cells[1].text == "=1\n2"
    assert "w:tblHeader" in read.rows[0]._tr.xml
    assert "w:tblHeader" not in read.rows[1]._tr.xml
    # A row stands on one page, and the titles on that of the first row.
    assert all("w:cantSplit" in row._tr.xml for row in read.rows)
    assert ["w:keepNext" in row._tr.xml for row in read.rows] == [True, False]


def test_a_panel_is_a_shaded_cell() -> None:
    panel = {
        "type": "keep",
        "panel": True,
        "blocks": [{"type": "paragraph", "text": "inside", "look": "lead"}],
    }

    content = word(of_blocks(panel, theme={"stripe": "#123456"}))

    [table] = docx.Document(io.BytesIO(content)).tables
    [paragraph] = table.rows[0].cells[0].paragraphs
    assert (paragraph.text, paragraph.style and paragraph.style.name) == ("inside", "Lead")
    assert 'w:fill="123456"' in table.rows[0].cells[0]._tc.xml


def test_a_word_document_has_the_same_bytes_each_time() -> None:
    assert word(INVOICE, DATA) == word(INVOICE, DATA)
