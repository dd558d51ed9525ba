"""Templates that somebody made in Excel: checked when they are given, filled with data."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from apps.documents.adapters.packages import check_package
from apps.documents.adapters.xlsx.filling import SheetFiller
from apps.documents.adapters.xlsx.moving import Moves, moved_formula
from apps.documents.adapters.xlsx.placeholders import Sheet, loops_of, read_sheet
from apps.documents.adapters.xlsx.saving import save_book
from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import Finding, InvalidTemplateError, Severity
from apps.documents.domain.limits import DEFAULT, Limits

_MAIN = "xl/workbook.xml"
_PLAIN = Locale("en", "EUR", "UTC")
#: Parts that openpyxl does not read, and so does not write.
_LOST = {
    "xl/slicers/": "slicers",
    "xl/timelines/": "timelines",
    "xl/threadedComments/": "threads of comments",
    "xl/diagrams/": "diagrams",
}


def check_xlsx_template(content: bytes) -> tuple[Finding, ...]:
    """Return what is wrong with the placeholders of a workbook, each with its cell: `/Sheet/B7`.

    Warnings name what is in the file and will not be in what is made of it. Raises
    InvalidTemplateError for a file that is no whole workbook, or a harmful one.
    """
    check_package(content, _MAIN)
    book = _opened(content)
    found = [finding for sheet in _sheets(book) for finding in sheet.findings]
    return (*found[:100], *_losses(content))


def fill_xlsx_template(
    content: bytes,
    data: Mapping[str, Any],
    out: BinaryIO,
    locale: Locale = _PLAIN,
    *,
    limits: Limits = DEFAULT,
) -> None:
    """Write a workbook with data; the same ones give the same bytes.

    Styles, widths, merged cells, formats by condition, checks of input, charts and pictures stay;
    formulas follow the rows they mean, and are reckoned when the workbook is opened. A text of the
    data is never a formula. Raises InvalidTemplateError for what `check_xlsx_template` has against
    a template, DocumentError with the cell for data that does not fit.
    """
    check_package(content, _MAIN)
    book = _opened(content)
    sheets = _sheets(book)
    if findings := [one for sheet in sheets for one in sheet.findings]:
        raise InvalidTemplateError(findings)
    filler = Filler(Frame(data, limits, locale=locale))
    fillers = [
        SheetFiller(worksheet, sheet, filler)
        for worksheet, sheet in zip(book.worksheets, sheets, strict=True)
    ]
    moves: dict[str, Moves] = {}
    for one in fillers:
        one.fill()
        if one.moves is not None:
            moves[one.sheet.title] = one.moves
    if moves:
        for one in fillers:
            one.follow(moves)
        _names_follow(book, moves)
    save_book(book, out)


def _opened(content: bytes) -> Workbook:
    try:
        book = load_workbook(io.BytesIO(content), keep_vba=False, keep_links=False)
        if not book.worksheets:
            raise ValueError
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        # What ElementTree raises.
        SyntaxError,
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        # A workbook without its main part, by openpyxl.
        OSError,
    ):
        finding = Finding("", "package", "this is no whole workbook of Excel")
        raise InvalidTemplateError([finding]) from None
    return book


def sheets_of(content: bytes) -> list[Sheet]:
    """Return what is to be filled in each sheet of a workbook that was checked."""
    return _sheets(_opened(content))


def _sheets(book: Workbook) -> list[Sheet]:
    sheets = []
    for worksheet in book.worksheets:
        # openpyxl's own way to all cells makes those that are empty, up to the last.
        cells = worksheet._cells  # noqa: SLF001
        sheet = read_sheet(worksheet.title, cells)
        for (row, column), cell in cells.items():
            whole = isinstance(cell.value, ArrayFormula | DataTableFormula)
            if whole and sheet.loops:
                message = "formulas of whole ranges are not taken in a sheet with loops"
                sheet.note(row, column, message, code="formula")
        for area in worksheet.merged_cells.ranges:
            if loops_of(sheet, area.min_row) != loops_of(sheet, area.max_row):
                message = f"the merged cells {area.coord} begin and end in different loops"
                sheet.note(area.min_row, area.min_col, message, code="loop")
        sheets.append(sheet)
    return sheets


def _losses(content: bytes) -> Iterator[Finding]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        for start, what in _LOST.items():
            if any(name.startswith(start) for name in names):
                yield _loss(what)
        drawings = [name for name in names if name.startswith("xl/drawings/drawing")]
        if any(
            b"<xdr:sp>" in (part := archive.read(name)) or b"<xdr:sp " in part for name in drawings
        ):
            yield _loss("shapes and boxes of text")


def _loss(what: str) -> Finding:
    message = f"{what} are not kept: use cells, charts and pictures"
    return Finding("", "lost", message, severity=Severity.WARNING)


def _names_follow(book: Workbook, moves: Mapping[str, Moves]) -> None:
    for name in book.defined_names.values():
        if name.attr_text:
            name.attr_text = moved_formula(f"={name.attr_text}", "", moves)[1:]
