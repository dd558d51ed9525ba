"""What `bench_documents.py` compares: ours, and the libraries under it doing the same.

Rows are in memory before the clock starts. Of `docx` a row is an invoice of 30 lines; docxtpl is no
dependency and compared where it is installed (`pip install docxtpl==0.20.2`). Of `wrapped` three of
eight cells take several lines; of `values` a row has seven values written in a locale; `runways` is
the gallery's report, of as many of the 48,184 runways in tests/data; of `invoice` a row is one of
the gallery's, made in the sandbox that is warm, as a job makes it.
"""

import csv
import datetime as dt
import gzip
import importlib.util
import io
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from reportlab import rl_config

sys.path[:0] = [str(Path(__file__).parents[1])]

COLUMNS = 8
# Ours writes no base 85; without it the others are faster too.
rl_config.useA85 = 0


def rows_of(count: int) -> list[list[str]]:
    """Return rows of text as a report has them."""
    return [
        [
            f"{at:06}",
            f"Item {at}",
            "Steel, galvanised",
            f"{at % 97}",
            f"{at % 1000}.50",
            "EUR",
            "2026-11-28",
            "open" if at % 3 else "closed",
        ]
        for at in range(count)
    ]


#: As a description has it, in a column of 67 points.
LONG = "Steel, galvanised, in boxes of a hundred with the certificate of the mill"


def long_rows_of(count: int) -> list[list[str]]:
    """Return such rows, in three of whose cells a text takes several lines."""
    # None is the same twice: a text that was broken into lines before costs less.
    return [
        [*row[:2], f"{LONG}, {row[0]}", *row[3:5], f"{row[0]} {LONG[:40]}", row[6], LONG[7:60]]
        for row in rows_of(count)
    ]


def parts_of(count: int, rows: Callable[[int], list[list[str]]] = rows_of) -> Iterator[Any]:
    """Return a document's rows, made anew from a thousand that are held: memory is the writer's."""
    from apps.documents.domain.evaluation.parts import Cell, Row
    from apps.documents.domain.model.formats import TEXT
    from apps.documents.domain.model.texts import Span

    made = [
        Row("body", tuple(Cell((Span(text),), text, TEXT, "start") for text in row))
        for row in rows(1_000)
    ]
    return itertools.islice(itertools.cycle(made), count)


def report(count: int, rows: Iterator[Any] | None = None) -> Any:
    """Return a document that is one table."""
    from apps.documents.domain.evaluation import parts
    from apps.documents.domain.expressions.locales import Locale
    from apps.documents.domain.model.blocks import Theme
    from apps.documents.domain.model.formats import TEXT
    from apps.documents.domain.model.texts import Span

    columns = tuple(
        parts.Column((Span(f"Column {at}"),), None, "start", TEXT) for at in range(COLUMNS)
    )
    table = parts.Table(columns, rows or parts_of(count), (), True, False, True, False, "")
    page = parts.Page(210, 297, (15, 10, 15, 10), (), (), "")
    theme = Theme(size=9)
    return parts.Document("Report", Locale(), "", "", (), theme, page, iter([table]))


def _file() -> Any:
    """Return what ours is written to: how much memory it takes itself is to be seen."""
    return tempfile.TemporaryFile()


def ours(count: int, fast: bool = True) -> Callable[[], int]:
    from apps.documents.adapters.pdf.rendering import render_pdf

    document, out = report(count), _file()

    def run() -> int:
        render_pdf(document, out, fast=fast)
        return out.tell()

    return run


def one_table(count: int, chunk: int = 0) -> Callable[[], int]:
    from reportlab.lib import colors
    from reportlab.platypus import PageBreak, SimpleDocTemplate, Table, TableStyle

    from apps.documents.adapters.pdf import fonts

    fonts.Fonts("en")
    rows, out = rows_of(count), io.BytesIO()
    head = [f"Column {at}" for at in range(COLUMNS)]
    style = TableStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR),
            ("FONTSIZE", (0, 0), (-1, -1), 8.1),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey),
        ]
    )

    def table(some: list[list[str]]) -> Table:
        heights = [16.9] * (len(some) + 1) if chunk else None
        made = Table([head, *some], colWidths=[67] * COLUMNS, rowHeights=heights, repeatRows=1)
        made.setStyle(style)
        return made

    def run() -> int:
        if chunk:
            story: list[Any] = []
            for at in range(0, count, chunk):
                story += [table(rows[at : at + chunk]), PageBreak()]
        else:
            story = [table(rows)]
        SimpleDocTemplate(out, invariant=1, leftMargin=28, rightMargin=28).build(story)
        return out.tell()

    return run


def canvas(count: int) -> Callable[[], int]:
    from reportlab.pdfgen.canvas import Canvas

    from apps.documents.adapters.pdf import fonts

    fonts.Fonts("en")
    rows, out = rows_of(count), io.BytesIO()

    def run() -> int:
        made = Canvas(out, invariant=1)
        for at in range(0, count, 44):
            made.setFont(fonts.REGULAR, 8.1)
            for line, row in enumerate(rows[at : at + 44]):
                y = 790 - line * 16.9
                for column, text in enumerate(row):
                    made.drawString(30 + column * 67, y, text)
                made.line(28, y - 4, 565, y - 4)
            made.showPage()
        made.save()
        return out.tell()

    return run


def ours_wrapped(count: int) -> Callable[[], int]:
    from apps.documents.adapters.pdf.rendering import render_pdf

    document, out = report(count, parts_of(count, long_rows_of)), io.BytesIO()

    def run() -> int:
        render_pdf(document, out)
        return out.tell()

    return run


def paragraphs(count: int) -> Callable[[], int]:
    """The form of platypus that takes the least: short cells are texts, and a table has 50 rows."""
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    from apps.documents.adapters.pdf import fonts

    fonts.Fonts("en")
    rows, out = long_rows_of(count), io.BytesIO()
    text = ParagraphStyle("cell", fontName=fonts.REGULAR, fontSize=8.1, leading=10)
    style = TableStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR),
            ("FONTSIZE", (0, 0), (-1, -1), 8.1),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey),
        ]
    )

    def run() -> int:
        story: list[Any] = []
        for at in range(0, count, 50):
            cells = [
                [Paragraph(one, text) if len(one) > 20 else one for one in row]
                for row in rows[at : at + 50]
            ]
            made = Table(cells, colWidths=[67] * COLUMNS)
            made.setStyle(style)
            story.append(made)
        SimpleDocTemplate(out, invariant=1, leftMargin=28, rightMargin=28).build(story)
        return out.tell()

    return run


WRAPPED: dict[str, Callable[[int], Callable[[], int]]] = {
    "ours": ours_wrapped,
    "reportlab, paragraphs in tables": paragraphs,
}

PDF: dict[str, Callable[[int], Callable[[], int]]] = {
    "ours": ours,
    "ours, drawn by reportlab": lambda count: ours(count, fast=False),
    "reportlab canvas": canvas,
    "reportlab, a table a page": lambda count: one_table(count, 44),
    "reportlab, one table": one_table,
}


def numbers_of(count: int) -> Iterator[Any]:
    """Return rows with texts, numbers, money and dates."""
    from apps.documents.domain.evaluation.parts import Cell, Row
    from apps.documents.domain.model.formats import TEXT, parse_format
    from apps.documents.domain.model.texts import Span

    money, number, date = (parse_format(one) for one in ("currency:EUR", "number:2", "date"))
    made = []
    for at in range(1_000):
        values: list[tuple[Any, Any]] = [
            (f"{at:06}", TEXT),
            (f"Item {at}", TEXT),
            ("Steel, galvanised", TEXT),
            (Decimal(at % 97), number),
            (Decimal(at) / 8, money),
            (dt.date(2026, 11, 1 + at % 28), date),
            ("open" if at % 3 else "closed", TEXT),
            (Decimal(at * 7), number),
        ]
        cells = tuple(Cell((Span(str(one)),), one, form, "start") for one, form in values)
        made.append(Row("body", cells))
    return itertools.islice(itertools.cycle(made), count)


def ours_xlsx(count: int) -> Callable[[], int]:
    from apps.documents.adapters.xlsx.rendering import render_xlsx

    document, out = report(count, numbers_of(count)), _file()

    def run() -> int:
        render_xlsx(document, out)
        return out.tell()

    return run


def openpyxl_xlsx(count: int) -> Callable[[], int]:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    from apps.documents.adapters.xlsx.styles import Looks, plain_value
    from apps.documents.domain.expressions.locales import Locale
    from apps.documents.domain.model.blocks import Theme

    out = io.BytesIO()

    def run() -> int:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        looks = Looks(book, Theme(), Locale())
        styles: dict[tuple[int, type], Any] = {}
        for row in numbers_of(count):
            line = []
            for at, cell in enumerate(row.cells):
                value = plain_value(cell, cell.value)
                key = (at, type(value))
                if key not in styles:
                    styles[key] = looks.cell(looks.of(cell, "body", value))._style  # noqa: SLF001
                written = WriteOnlyCell(sheet, value)
                written._style = styles[key]  # noqa: SLF001
                line.append(written)
            sheet.append(line)
        book.save(out)
        return out.tell()

    return run


XLSX: dict[str, Callable[[int], Callable[[], int]]] = {
    "ours": ours_xlsx,
    "openpyxl, write-only": openpyxl_xlsx,
}


LINES = [{"name": f"Item {at}", "quantity": at, "price": 9.99} for at in range(30)]


def ours_docx(count: int) -> Callable[[], int]:
    from apps.documents.adapters.docx.rendering import render_docx
    from apps.documents.domain.evaluation.evaluating import evaluate
    from apps.documents.domain.model.parsing import read_template

    columns = [
        {"title": "Item", "value": "row.name"},
        {"title": "Quantity", "value": "row.quantity", "format": "number"},
        {"title": "Price", "value": "row.price", "format": "number:2"},
        {"title": "Amount", "value": "row.quantity * row.price", "format": "number:2"},
    ]
    blocks = [
        {"type": "heading", "level": 1, "text": "Invoice {{ number }}"},
        {"type": "table", "over": "lines", "columns": columns},
    ]
    template = read_template({"septet": 1, "title": "Invoice", "blocks": blocks})

    def run() -> int:
        size = 0
        for at in range(count):
            out = io.BytesIO()
            render_docx(evaluate(template, {"number": str(at), "lines": LINES}), out)
            size += out.tell()
        return size

    return run


def docxtpl_docx(count: int) -> Callable[[], int]:
    import docx
    from docxtpl import DocxTemplate

    book, template = docx.Document(), io.BytesIO()
    book.add_heading("Invoice {{ number }}", 1)
    table = book.add_table(4, 4)
    for row, texts in enumerate(
        (
            ("Item", "Quantity", "Price", "Amount"),
            ("{%tr for row in lines %}", "", "", ""),
            (
                "{{ row.name }}",
                "{{ row.quantity }}",
                "{{ '%.2f' % row.price }}",
                "{{ '%.2f' % (row.quantity * row.price) }}",
            ),
            ("{%tr endfor %}", "", "", ""),
        )
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    book.save(template)

    def run() -> int:
        size = 0
        for at in range(count):
            out = io.BytesIO()
            made = DocxTemplate(io.BytesIO(template.getvalue()))
            made.render({"number": str(at), "lines": LINES})
            made.save(out)
            size += out.tell()
        return size

    return run


DOCX: dict[str, Callable[[int], Callable[[], int]]] = {"ours": ours_docx}
if importlib.util.find_spec("docxtpl"):
    DOCX["docxtpl"] = docxtpl_docx


def values(count: int) -> Callable[[], int]:
    from apps.documents.domain.evaluation.evaluating import evaluate
    from apps.documents.domain.model.parsing import read_template

    rows = [
        {"name": f"Row {at}", "sum": at * 1.25, "share": at / 7, "day": f"2026-11-{1 + at % 28:02}"}
        for at in range(count)
    ]
    columns = [
        {"title": "", "value": value, "format": form}
        for value, form in (
            ("row.name", "text"),
            ("row.sum", "currency"),
            ("row.share", "number:2"),
            ("row.day", "date"),
            ("row.sum", "number"),
            ("row.sum", "text"),
            ("row.share", "percent:1"),
        )
    ]
    table = {"type": "table", "over": "rows", "columns": columns}
    template = read_template(
        {"septet": 1, "title": "V", "locale": "de", "currency": "EUR", "blocks": [table]}
    )

    def run() -> int:
        made: Any = next(evaluate(template, {"rows": rows}).parts)
        return sum(1 for _ in made.rows)

    return run


def runways(kind: str) -> Callable[[int], Callable[[], int]]:
    from apps.documents.adapters.pdf.rendering import render_pdf
    from apps.documents.adapters.xlsx.rendering import render_xlsx
    from apps.documents.domain.evaluation.evaluating import evaluate
    from apps.documents.domain.gallery import gallery
    from apps.documents.domain.model.parsing import read_template

    def engine(count: int) -> Callable[[], int]:
        path = Path(__file__).parents[1] / "tests/data/ourairports/runways.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            data = [_runway(row) for row in itertools.islice(csv.DictReader(lines), count)]
        data.sort(key=lambda one: one["country"])
        sample = next(one for one in gallery() if one.name == "runway-report")
        template, out = read_template(sample.template), io.BytesIO()
        render: Any = {"pdf": render_pdf, "xlsx": render_xlsx}[kind]

        def run() -> int:
            render(evaluate(template, {"runways": data}), out)
            return out.tell()

        return run

    return engine


def _runway(row: dict[str, str]) -> dict[str, Any]:
    return {
        "country": row["airport_ident"][:2],
        "airport": row["airport_ident"],
        "runway": f"{row['le_ident']}/{row['he_ident']}",
        "surface": row["surface"][:4].capitalize() or "Unknown",
        "lighted": row["lighted"] == "1",
        "length": int(row["length_ft"] or 0),
        "width": int(row["width_ft"] or 0),
    }


VALUES: dict[str, Callable[[int], Callable[[], int]]] = {"ours": values}
RUNWAYS = {kind: runways(kind) for kind in ("pdf", "xlsx")}


#: Between one invoice that somebody waits for and the next.
PAUSE_SECONDS = 0.25


def invoices(count: int, pause: float = 0.0) -> Callable[[], int]:
    from apps.documents.adapters.sandboxed.packing import head
    from apps.documents.domain.gallery import gallery
    from kernel.sandbox import Limits, Sandbox

    sample = next(one for one in gallery() if one.name == "invoice")
    parts = {
        "template": json.dumps(sample.template).encode(),
        **{f"asset:{name}": content for name, content in sample.assets.items()},
        "data": json.dumps(sample.data).encode(),
    }
    first = head({name: len(part) for name, part in parts.items()})
    data = [first, *parts.values()]
    size = sum(map(len, data))
    limits = Limits(
        memory_bytes=1_000_000_000, cpu_seconds=60, seconds=60, output_bytes=100_000_000
    )
    sandbox = Sandbox("apps.documents.adapters.sandboxed.program")

    def run() -> int:
        made = 0
        for _ in range(count):
            time.sleep(pause)
            answer = sandbox.run(
                "render", data, size=size, limits=limits, arguments={"format": "pdf"}
            )
            made += len(answer.parts[0])
        return made

    return run


INVOICES: dict[str, Callable[[int], Callable[[], int]]] = {
    "ours, each by itself": lambda count: invoices(count, PAUSE_SECONDS),
    "ours, one after another": invoices,
}
KINDS: dict[str, dict[str, Callable[[int], Callable[[], int]]]] = {
    "pdf": PDF,
    "wrapped": WRAPPED,
    "xlsx": XLSX,
    "docx": DOCX,
    "values": VALUES,
    "runways": RUNWAYS,
    "invoice": INVOICES,
}
