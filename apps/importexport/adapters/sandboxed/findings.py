"""What the XML of a sheet says that a reader of its values leaves out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring

from apps.importexport.errors import SourceTooLargeError

_BLOCK_BYTES = 1 << 20
#: Of a sheet so short all cells are looked at; a longer one is believed what it says it holds, or
#: that its rows end with their last cells. What lies is ended by the limits of the process.
_SHORT_BYTES = 4_000_000
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]+[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})"')
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?:[^>]*[^/>])?>')
_ERROR = re.compile(
    rb'<c (?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>'
    rb"(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>"
)
_FORMULA = re.compile(
    rb"<c ([^>]*)>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v>\s*</v>|<v ?/>)?</c>",
)
_HIDDEN = re.compile(rb'<row [^>]*\bhidden="(?:1|true)"')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(slots=True)
class Findings:
    """What was found in the XML of one sheet."""

    #: The texts of errors, by row and column, both from 0.
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    #: Of the first of them.
    first_error: str = ""
    unvalued: int = 0
    hidden_rows: int = 0
    merged: bool = False
    #: Tabs and breaks of lines, of which calamine reads none in an ODS.
    lost_signs: bool = False
    count: int = 0

    def note(self, row: int, column: int, error: str) -> None:
        """Note an error, at a place that is numbered from 0."""
        self.count += 1
        self.errors.setdefault(row, {})[column] = error

    def warnings(self) -> Iterator[str]:
        """Yield what people are told."""
        if self.errors:
            yield (
                f"{self.count:,} cells hold an error, such as {self.first_error}: their values are"
                " the names of the errors"
            )
        if self.unvalued:
            yield (
                f"{self.unvalued:,} formulas have no value, so their cells are empty: open the"
                " workbook in a spreadsheet and save it"
            )
        if self.hidden_rows:
            yield f"{self.hidden_rows:,} rows are hidden, and are read as the others"
        if self.merged:
            yield "cells are merged: the value is in the first of them, the others are empty"
        if self.lost_signs:
            yield "tabs and line breaks within cells are not read: save the workbook as XLSX"


def part_of(archive: ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet of a workbook; nothing if none is found."""
    names = set(archive.namelist())
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= names:
        return ""
    targets = {
        one.get("Id"): one.get("Target", "")
        for one in fromstring(archive.read(relations), forbid_dtd=True)
    }
    for one in fromstring(archive.read(book), forbid_dtd=True).iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            target = targets.get(one.get(_RELATION), "")
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            return part if part in names else ""
    return ""


def findings_of(archive: ZipFile, part: str, *, most_cells: int) -> Findings:
    """Look through a sheet once, a piece at a time; raises SourceTooLargeError for far cells."""
    found = Findings()
    last_row = last_column = 0
    every = short = archive.getinfo(part).file_size <= _SHORT_BYTES
    first = True
    for piece in _pieces(archive, part):
        if first and not every:
            told = _DIMENSION.search(piece)
            every = told is None or int(told[2]) * column_number(told[1]) > most_cells
        first = False
        if every:
            for column, row in _last_cells(piece, short=short):
                last_row = max(last_row, int(row))
                last_column = max(last_column, column_number(column))
            if last_row * last_column > most_cells:
                raise SourceTooLargeError(
                    f"the cells of the sheet reach to row {last_row:,} and column {last_column:,},"
                    f" which is more than {most_cells:,} cells: delete what stands far from the"
                    " others, or save the sheet as CSV"
                )
        _look(piece, found)
    return found


def _last_cells(piece: bytes, *, short: bool) -> Iterator[tuple[bytes, bytes]]:
    """Yield column and row of cells with a value: of a long sheet the last of each row."""
    if short:
        yield from _CELL.findall(piece)
        return
    for row in piece.split(b"</row>"):
        if last := _CELL.match(row, row.rfind(b"<c ")):
            yield last[1], last[2]
        else:
            yield from _CELL.findall(row)[-1:]


def _look(piece: bytes, found: Findings) -> None:
    if b't="e"' in piece:
        for column, row, text in _ERROR.findall(piece):
            said = text.decode("utf-8", "replace") or "#ERROR!"
            found.first_error = found.first_error or f"{column.decode()}{row.decode()} ({said})"
            found.note(int(row) - 1, column_number(column) - 1, said)
    if b"<f" in piece:
        found.unvalued += sum(b't="str"' not in told for told in _FORMULA.findall(piece))
    if b' hidden="' in piece:
        found.hidden_rows += len(_HIDDEN.findall(piece))
    found.merged = found.merged or b"<mergeCell " in piece


def _pieces(archive: ZipFile, part: str) -> Iterator[bytes]:
    """Yield the XML of a sheet, cut after cells."""
    with archive.open(part) as file:
        yield from cut_after(file, b"</c>")


def cut_after(file: IO[bytes], end: bytes) -> Iterator[bytes]:
    """Yield what is in a file, in pieces that end where the text `end` does."""
    rest = b""
    while block := file.read(_BLOCK_BYTES):
        rest += block
        at = rest.rfind(end)
        if at >= 0 or len(rest) > 4 * _BLOCK_BYTES:
            at = at + len(end) if at >= 0 else len(rest)
            yield rest[:at]
            rest = rest[at:]
    yield rest


def column_number(letters: bytes) -> int:
    """Return the number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
