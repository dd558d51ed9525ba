"""A table as an Excel workbook, streamed: a text a row, without an object a cell."""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from html import escape
from typing import Any, BinaryIO

from apps.importexport.adapters.writing.cells import (
    MOST_CHARACTERS,
    MOST_ROWS,
    check_text,
    day_of,
    is_number,
    number_of,
)
from apps.importexport.adapters.writing.packing import Package
from apps.importexport.adapters.writing.texts import text_of
from contracts.datasets import Field, Kind, Row

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FLUSHED_AT = 500
#: What XML has no character for is written by its number, and so is what looks like that.
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_")
_NUMBERED = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_NOT_SIMPLE = re.compile(r"[&<>_\x00-\x1f\ufffe\uffff]")
_DAY, _HEAD = 1, 2
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_RELATIONS_OF_FILE = (
    f'{_XML}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


class Xlsx:
    """Writes sheets, another where one is full.

    A date is a date; a number is one where no digit of it would be lost, else its text, and a
    moment is its text, which says its zone.
    """

    def __init__(self, out: BinaryIO, fields: Sequence[Field], *, guard: bool) -> None:
        self._package = Package(out)
        self._fields = fields
        self._open = ExitStack()
        self._write: Callable[[bytes], object] = lambda _: None
        columns = [_Column(at, field, guard=guard) for at, field in enumerate(fields)]
        self._columns = [(one.name, one.cell) for one in columns]
        self._sheets = 0
        self._in_sheet = 0
        self._before = 0
        self._rows: list[str] = []

    def begin(self) -> None:
        """Begin the first sheet."""
        self._sheets += 1
        part = self._package.part(f"xl/worksheets/sheet{self._sheets}.xml")
        self._write = self._open.enter_context(part).write
        cells = "".join(
            f'<c r="{column_name(at)}1" s="{_HEAD}" t="inlineStr"><is>{_shown(field.name)}</is></c>'
            for at, field in enumerate(self._fields)
        )
        self._rows.append(f'{_SHEET}<row r="1">{cells}</row>')
        self._in_sheet = 1

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        columns = self._columns
        for row in rows:
            if self._in_sheet == MOST_ROWS:
                self._end_sheet()
                self._before += MOST_ROWS - 1
                self.begin()
            self._in_sheet = number = self._in_sheet + 1
            get = row.get
            cells = [
                cell(value, number, self._before)
                for name, cell in columns
                if (value := get(name)) is not None
            ]
            self._rows.append(f'<row r="{number}">{"".join(cells)}</row>')
            if len(self._rows) == _FLUSHED_AT:
                self._flush()

    def end(self) -> None:
        """Write what names the sheets."""
        self._end_sheet()
        for name, content in _around(self._sheets):
            self._package.add(name, content)
        self._package.close()

    def drop(self) -> None:
        """Leave the file as it is."""
        self._package.drop()
        self._open.close()
        self._package.close()

    def _end_sheet(self) -> None:
        self._rows.append("</sheetData></worksheet>")
        self._flush()
        self._open.close()

    def _flush(self) -> None:
        self._write("".join(self._rows).encode())
        self._rows.clear()


class _Column:
    """Makes the cells of a field."""

    def __init__(self, at: int, field: Field, *, guard: bool) -> None:
        self.name = field.name
        self._field = field
        self._begin = f'<c r="{column_name(at)}'
        self._text = text_of(field, guard=guard)
        self._numbers = is_number(field.kind)
        self._days = field.kind is Kind.DATE
        self._texts = not self._numbers and not self._days and field.kind is not Kind.JSON

    def cell(self, value: Any, row: int, before: int) -> str:
        """Return the XML of a value."""
        if self._texts and type(value) is str and _is_simple(value):
            return f'{self._begin}{row}" t="inlineStr"><is><t>{value}</t></is></c>'
        if value is True or value is False:
            return f'{self._begin}{row}" t="b"><v>{value:d}</v></c>'
        if self._numbers and (number := number_of(value)):
            return f'{self._begin}{row}"><v>{number}</v></c>'
        if self._days and (day := day_of(value)):
            return f'{self._begin}{row}" s="{_DAY}"><v>{day}</v></c>'
        text = self._text(value)
        check_text(text, before + row, self._field)
        return f'{self._begin}{row}" t="inlineStr"><is>{_shown(text)}</is></c>'


def column_name(at: int) -> str:
    """Return the letters of a column, numbered from 0."""
    name = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        name = chr(65 + letter) + name
    return name


def _is_simple(text: str) -> bool:
    """Say whether a text is its own XML, and like no formula: most are, and it is soon seen."""
    return (
        text[:1].isalnum()
        and not text[-1].isspace()
        and len(text) <= MOST_CHARACTERS
        and _NOT_SIMPLE.search(text) is None
    )


def _shown(text: str) -> str:
    if _SPECIAL.search(text):
        text = escape(_NUMBERED.sub(lambda found: f"_x{ord(found[0]):04X}_", text), quote=False)
    if "\n" in text or text != text.strip():
        return f'<t xml:space="preserve">{text}</t>'
    return f"<t>{text}</t>"


def _around(sheets: int) -> list[tuple[str, str]]:
    """Return the parts that are no sheet."""
    numbers = range(1, sheets + 1)
    return [
        ("[Content_Types].xml", _content_types(numbers)),
        ("_rels/.rels", _RELATIONS_OF_FILE),
        ("xl/workbook.xml", _workbook(numbers)),
        ("xl/_rels/workbook.xml.rels", _relations(numbers)),
        ("xl/styles.xml", _STYLES),
    ]


def _content_types(numbers: range) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml"'
        f' ContentType="{kind}.worksheet+xml"/>'
        for number in numbers
    )
    return (
        f'{_XML}<Types xmlns="{_TYPES}"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{sheets}</Types>'
    )


def _workbook(numbers: range) -> str:
    sheets = "".join(
        f'<sheet name="Table{f" {number}" if number > 1 else ""}" sheetId="{number}"'
        f' r:id="rId{number}"/>'
        for number in numbers
    )
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
    )


def _relations(numbers: range) -> str:
    sheets = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet"'
        f' Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return (
        f'{_XML}<Relationships xmlns="{_RELATIONS}">{sheets}<Relationship Id="styles"'
        f' Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    )
