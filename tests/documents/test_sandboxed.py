"""Documents in the sandbox: the same as outside of it, within limits, by errors that say where."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import docx
import pikepdf
import pytest
from facturx import get_xml_from_pdf
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as Picture
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from PIL import Image

from apps.documents.adapters.csv import render_csv
from apps.documents.adapters.docx.rendering import render_docx
from apps.documents.adapters.docx.templates import fill_docx_template
from apps.documents.adapters.html import render_html
from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.adapters.xlsx.rendering import render_xlsx
from apps.documents.adapters.xlsx.templates import fill_xlsx_template
from apps.documents.domain.evaluation.evaluating import evaluate
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.gallery import gallery
from apps.documents.domain.model.parsing import parse_template
from apps.documents.domain.protection import Protection
from apps.documents.errors import (
    DataRefusedError,
    DocumentRefusedError,
    RenderingFailedError,
    RenderingLimitError,
    TemplateRefusedError,
)
from apps.documents.services.rendering import Rendered, Source, render
from kernel.sandbox import Limits
from tests.documents.templates import DATA, INVOICE

LIMITS = Limits(memory_bytes=300_000_000, cpu_seconds=20, seconds=60, output_bytes=5_000_000)
RENDERERS: dict[str, Callable[..., None]] = {
    "pdf": render_pdf,
    "xlsx": render_xlsx,
    "docx": render_docx,
    "html": render_html,
    "csv": render_csv,
}


def made(
    template: Any, data: Any = None, *, kind: str = "pdf", limits: Limits = LIMITS, **more: Any
) -> tuple[bytes, Rendered]:
    out = io.BytesIO()
    source = {
        key: more.pop(key)
        for key in ("schema", "partials", "theme", "upload", "assets")
        if key in more
    }
    rendered = render(
        Source(
            template=json.dumps(template).encode(), data=json.dumps(data or {}).encode(), **source
        ),
        out,
        format=kind,
        limits=limits,
        **more,
    )
    return out.getvalue(), rendered


@pytest.mark.parametrize("locale", ["", "fi_FI", "ar_EG"])
@pytest.mark.parametrize("kind", RENDERERS)
def test_a_document_is_the_same_there_as_here_and_each_time(kind: str, locale: str) -> None:
    here = io.BytesIO()
    template = parse_template(json.dumps(INVOICE))
    RENDERERS[kind](evaluate(template, DATA, locale=locale or None), here)

    there, rendered = made(INVOICE, DATA, kind=kind, locale=locale)

    assert there == here.getvalue()
    assert made(INVOICE, DATA, kind=kind, locale=locale)[1].sha256 == rendered.sha256
    assert (rendered.title, rendered.size_bytes) == ("Rechnung 20240017", len(there))
    assert rendered.pages == (4 if kind == "pdf" else 0)


def test_a_template_is_completed_by_what_its_tenant_has() -> None:
    template = {
        "septet": 1,
        "title": "A",
        "theme": {"accent": "#00ff00"},
        "blocks": [{"type": "include", "partial": "greeting"}],
    }
    partials = {"greeting": {"blocks": [{"type": "heading", "level": 1, "text": "Moin"}]}}

    page, _ = made(
        template,
        kind="html",
        partials=json.dumps(partials).encode(),
        theme=json.dumps({"accent": "#ff0000", "color": "#0000ff"}).encode(),
    )

    assert b"Moin" in page
    assert (b"#00ff00" in page, b"#ff0000" in page, b"#0000ff" in page) == (True, False, True)


def test_a_protected_document_opens_by_its_password() -> None:
    pdf, rendered = made(
        INVOICE, DATA, protection=Protection(user="open sesame", owner="owner of all")
    )

    assert b"/Encrypt" in pdf
    assert rendered.pages == 4


def _is_kept(content: bytes) -> bool:
    with pikepdf.open(io.BytesIO(content)) as opened, opened.open_metadata() as about:
        return bool(about.get("pdfaid:part") == "3")


def test_a_template_makes_a_pdf_to_be_kept() -> None:
    kept, _ = made(INVOICE | {"pdf": {"archive": True}}, DATA)
    plain, _ = made(INVOICE | {"pdf": {"archive": False}}, DATA)

    assert [_is_kept(one) for one in (kept, plain)] == [True, False]
    assert made(INVOICE | {"pdf": {"archive": True}}, DATA)[0] == kept
    with pytest.raises(DocumentRefusedError, match="is not encrypted"):
        made(INVOICE | {"pdf": {"archive": True}}, DATA, protection=Protection(user="a", owner="b"))


def test_a_template_tells_programs_what_is_to_be_paid() -> None:
    sample = next(one for one in gallery() if one.name == "invoice")

    content, _ = made(sample.template, sample.data, assets=sample.assets)
    with pytest.raises(DocumentRefusedError) as error:
        made(sample.template, {**sample.data, "number": ""}, assets=sample.assets)

    name, xml = get_xml_from_pdf(content, check_xsd=True)
    assert name == "factur-x.xml"
    assert b"<ram:DuePayableAmount>8085.98</ram:DuePayableAmount>" in xml
    assert [one.place for one in error.value.findings] == ["/pdf/invoice/number"]
    # The same data as a page is none that a program reads.
    assert (
        made(sample.template, {**sample.data, "number": ""}, kind="html", assets=sample.assets)[
            1
        ].size_bytes
        > 1_000
    )


def test_data_may_come_bit_by_bit() -> None:
    data = json.dumps(DATA).encode()
    template, out = json.dumps(INVOICE).encode(), io.BytesIO()
    source = Source(
        template=template,
        data=(data[at : at + 7] for at in range(0, len(data), 7)),
        data_bytes=len(data),
    )

    render(source, out, format="csv", limits=LIMITS)

    assert out.getvalue() == made(INVOICE, DATA, kind="csv")[0]


def test_what_is_wrong_is_told_with_its_place() -> None:
    schema = json.dumps({"type": "object", "required": ["number"]}).encode()

    with pytest.raises(TemplateRefusedError) as template:
        made({**INVOICE, "blocks": [{"type": "heading"}]}, DATA)
    with pytest.raises(DataRefusedError) as data:
        made(INVOICE, {"numbers": 1}, schema=schema)
    with pytest.raises(DocumentRefusedError) as document:
        made(INVOICE, {**DATA, "lines": 3})
    with pytest.raises(DocumentRefusedError) as locale:
        made(INVOICE, DATA, locale="tlh")

    assert template.value.findings[0].place == "/blocks/0/text"
    assert "number" in str(data.value)
    assert document.value.findings[0].place.startswith("/blocks/")
    assert locale.value.findings[0].code == "locale"


def _loops(depth: int) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "paragraph", "text": "{{ big }}"}
    for _ in range(depth):
        block = {"type": "repeat", "over": "many", "blocks": [block]}
    return {"septet": 1, "title": "A", "blocks": [block]}


@pytest.mark.parametrize(
    ("template", "limits", "what"),
    [
        (_loops(2), replace(LIMITS, seconds=0.3), "time"),
        (_loops(2), replace(LIMITS, memory_bytes=20_000_000), "memory"),
        (_loops(1), replace(LIMITS, output_bytes=50_000), "room"),
    ],
)
def test_what_takes_too_much_is_ended_and_the_next_is_made(
    template: dict[str, Any], limits: Limits, what: str
) -> None:
    data = {"many": list(range(400)), "big": "long " * 200}

    with pytest.raises(RenderingLimitError) as raised:
        made(template, data, kind="html", limits=limits)

    assert str(raised.value) == f"the document takes more {what} than one may"
    assert made(INVOICE, DATA, kind="csv")[0]


def test_what_is_no_document_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.documents.services.rendering._BEGINNINGS", {"csv": b"%PDF-"})

    with pytest.raises(RenderingFailedError):
        made(INVOICE, DATA, kind="csv")


def _picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    return out


def _letter() -> bytes:
    """Return a letter of Word with all that letters have."""
    book, out = docx.Document(), io.BytesIO()
    book.add_heading("{{ name }}", 1)
    book.add_picture(_picture())
    book.add_table(1, 1).rows[0].cells[0].text = "{{ total | currency }} {{ day | date('full') }}"
    book.sections[0].footer.paragraphs[0].text = "{{ name }}"
    book.core_properties.title = "{{ name }}"
    book.save(out)
    return out.getvalue()


def _workbook() -> bytes:
    """Return a workbook of Excel with all that workbooks have."""
    book, out = Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["Name", "Price"])
    sheet.append(["{{ each one in lines }}{{ one.name }}", "{{ one.price | currency }}"])
    sheet.append(["{{ day | to_date }}", "=SUM(B2)"])
    sheet.add_image(Picture(_picture()), "D1")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=2))
    sheet.add_chart(chart, "E1")
    sheet["A1"].comment = Comment("a", "b")
    sheet["A1"].hyperlink = "https://example.com"
    rule: Any = CellIsRule
    sheet.conditional_formatting.add("B2", rule("greaterThan", ["1"], font=Font(bold=True)))
    sheet.add_data_validation(DataValidation("list", formula1='"a,b"', sqref="C1"))
    sheet.add_table(Table(displayName="Lines", ref="A1:B2"))
    book.defined_names["Prices"] = DefinedName("Prices", attr_text="Sheet!$B$2")
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "made_here", "content"),
    [("docx", fill_docx_template, _letter()), ("xlsx", fill_xlsx_template, _workbook())],
)
def test_a_file_of_office_is_filled_there_as_here(
    kind: str, made_here: Callable[..., None], content: bytes
) -> None:
    lines = [{"name": "Öl", "price": 1.5}, {"name": "Tee", "price": 2}]
    data = {"name": "Ada", "total": 12.5, "day": "2026-05-31", "lines": lines}
    head = {"septet": 1, "title": "{{ name }}", "locale": "de_DE", "currency": "CHF", "blocks": []}
    here = io.BytesIO()
    made_here(content, data, here, Locale("de_DE", "CHF", "UTC"))

    there, rendered = made(head, data, kind=kind, upload=content)

    assert there == here.getvalue()
    assert (rendered.title, rendered.pages) == ("Ada", 0)
    with pytest.raises(TemplateRefusedError):
        made(head, data, kind=kind, upload=content[:500])
    with pytest.raises(DocumentRefusedError):
        made(head, {**data, "total": "a", "day": "b"}, kind=kind, upload=content)
