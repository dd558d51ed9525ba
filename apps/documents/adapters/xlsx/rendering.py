"""The tables and charts of a document as an Excel workbook, a sheet each."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.relationship import Relationship, RelationshipList
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.writer.excel import ExcelWriter

from apps.documents.adapters.xlsx.charts import chart_of, table_of
from apps.documents.adapters.xlsx.sheets import Sheet
from apps.documents.adapters.xlsx.styles import Looks
from apps.documents.domain.evaluation import parts
from apps.documents.domain.evaluation.evaluating import title_of
from apps.documents.domain.findings import stop
from apps.documents.domain.model.formats import TEXT
from apps.documents.domain.model.texts import words

#: Of a sheet, by Excel.
MOST_ROWS = 1_048_576
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_WHEN = (1980, 1, 1, 0, 0, 0)
_EPOCH = rb"\g<1>2000-01-01T00:00:00Z"
_CHARACTER_MM = 1.9
_USUAL_WIDTH = 16.0


def render_xlsx(document: parts.Document, out: BinaryIO) -> None:
    """Write every table and chart as a sheet; one without any has a sheet of its text.

    Rows are streamed into the sheets of a workbook that openpyxl makes: styles, names and all that
    is not a sheet is its own. A document has the same bytes each time.
    """
    book = Workbook(write_only=True)
    book.properties.title = document.title
    book.properties.creator = document.author or "Septet"
    book.properties.subject = document.subject or None
    book.properties.keywords = ", ".join(document.keywords) or None
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        _Writer(document, book, archive).write()
        _pack(book, archive)


class _Shell(ExcelWriter):
    """Writes a workbook whose sheets are there already: openpyxl opens a file for each."""

    def write_worksheet(self, ws: Any) -> None:
        """Note a sheet as one that was written, with the chart that it names."""
        ws._drawing, ws._rels, ws._comments = SpreadsheetDrawing(), RelationshipList(), []  # noqa: SLF001  openpyxl's own
        ws._drawing.charts = ws._charts  # noqa: SLF001
        if ws._charts:  # noqa: SLF001
            ws._rels.append(Relationship("", type="drawing", Target=""))  # noqa: SLF001
        self.manifest.append(ws)


def _pack(book: Workbook, archive: zipfile.ZipFile) -> None:
    """Copy what openpyxl writes beside the sheets, but for the time."""
    shell = io.BytesIO()
    _Shell(book, zipfile.ZipFile(shell, "w")).save()
    with zipfile.ZipFile(shell) as written:
        for name in sorted(written.namelist()):
            content = written.read(name)
            if name == "docProps/core.xml":
                content = _TIMES.sub(_EPOCH, content)
            archive.writestr(_entry(name), content, compresslevel=6)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _Writer:
    def __init__(self, document: parts.Document, book: Workbook, archive: zipfile.ZipFile) -> None:
        self.document = document
        self.book = book
        self.archive = archive
        self.names: set[str] = set()
        self.looks: Looks | None = None
        self.heading = ""
        self.lines: list[str] = []

    def write(self) -> None:
        """Write the sheets."""
        for part in self._sheets(self.document.parts):
            if isinstance(part, parts.Table):
                self._write(part, words(part.caption) or self.heading)
            else:
                self._write(table_of(part), part.title or self.heading, part)
        if not self.names:
            self._write(self._text(), self.document.title)

    def _sheets(self, given: Iterator[parts.Part]) -> Iterator[parts.Table | parts.Chart]:
        for part in given:
            match part:
                case parts.Table() | parts.Chart():
                    yield part
                case parts.Heading():
                    self.heading = title_of(part)
                    self.lines.append(self.heading)
                case parts.Paragraph():
                    self.lines.append(words(part.text))
                case parts.Keep():
                    yield from self._sheets(iter(part.parts))
                case parts.Columns():
                    for column in part.columns:
                        yield from self._sheets(iter(column))

    def _text(self) -> parts.Table:
        column = parts.Column((), 150, "start", TEXT)
        rows = [
            parts.Row("body", (parts.Cell((), line, TEXT, "start"),))
            for line in self.lines or [self.document.title]
        ]
        return parts.Table((column,), rows, (), False, False, True, False, "")

    def _name(self, wanted: str) -> str:
        name = _FORBIDDEN.sub(" ", wanted).strip(" '")[:31] or "Table"
        number = 1
        found = name
        while found.casefold() in self.names:
            number += 1
            found = f"{name[: 30 - len(str(number))]} {number}"
        self.names.add(found.casefold())
        return found

    def _write(self, table: parts.Table, name: str, chart: parts.Chart | None = None) -> None:
        made: Any = self.book.create_sheet(self._name(name))
        if self.looks is None:
            given = self.document
            family = given.faces.family if given.faces else ""
            self.looks = Looks(self.book, given.theme, given.locale, family)
        if chart:
            made.add_chart(chart_of(chart, made), f"{get_column_letter(len(table.columns) + 2)}2")
        widths = [
            round(one.width / _CHARACTER_MM, 2) if one.width else _USUAL_WIDTH
            for one in table.columns
        ]
        entry = _entry(f"xl/worksheets/sheet{len(self.names)}.xml")
        with self.archive.open(entry, "w", force_zip64=True) as out:
            sheet = Sheet(out.write, self.looks, table.columns, spanned=table.spanned)
            sheet.begin(widths, frozen=table.header, rtl=self.document.locale.rtl)
            filtered = 0
            if table.header:
                sheet.add(head_of(table), "head")
            for row in table.rows:
                if sheet.count == MOST_ROWS:
                    stop(table.place, "size", f"a sheet has at most {MOST_ROWS} rows", "table")
                sheet.add(row)
                filtered = sheet.count if row.kind == "body" else filtered
            wide = self.document.page.width > self.document.page.height
            shown = filtered if table.header and not chart else 0
            sheet.end(filtered=shown, wide=wide, drawn=chart is not None)


def head_of(table: parts.Table) -> parts.Row:
    """Return the titles of columns as a row."""
    return parts.Row(
        "body",
        tuple(parts.Cell(one.title, words(one.title), TEXT, one.align) for one in table.columns),
    )
