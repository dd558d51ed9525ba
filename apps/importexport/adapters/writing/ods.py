"""A table as a workbook of the Open Document Format (ISO 26300), streamed."""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from html import escape
from typing import Any, BinaryIO

from apps.importexport.adapters.writing.cells import (
    MOST_ROWS,
    check_text,
    day_of,
    is_number,
    number_of,
)
from apps.importexport.adapters.writing.packing import Package
from apps.importexport.adapters.writing.texts import text_of
from apps.importexport.errors import ValueUnwritableError
from contracts.datasets import Field, Kind, Row

_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_URN = "urn:oasis:names:tc:opendocument:xmlns:"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_HEAD = (
    f'{_XML}<office:document-content xmlns:office="{_URN}office:1.0"'
    f' xmlns:table="{_URN}table:1.0" xmlns:text="{_URN}text:1.0" xmlns:style="{_URN}style:1.0"'
    f' xmlns:number="{_URN}datastyle:1.0" office:version="1.3"><office:automatic-styles>'
    '<number:date-style style:name="day"><number:year number:style="long"/><number:text>-'
    '</number:text><number:month number:style="long"/><number:text>-</number:text>'
    '<number:day number:style="long"/></number:date-style>'
    '<style:style style:name="date" style:family="table-cell" style:data-style-name="day"/>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    f'{_XML}<manifest:manifest xmlns:manifest="{_URN}manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
_FLUSHED_AT = 500
_SPACE = re.compile(r"^ | $|  |[\t\n\r]")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EMPTY = "<table:table-cell/>"


class Ods:
    """Writes sheets, another where one is full; values are as in an Excel workbook."""

    def __init__(self, out: BinaryIO, fields: Sequence[Field], *, guard: bool) -> None:
        self._package = Package(out)
        self._fields = fields
        self._texts = [text_of(field, guard=guard) for field in fields]
        self._open = ExitStack()
        self._write: Callable[[bytes], object] = lambda _: None
        self._sheets = 0
        self._in_sheet = 0
        self._before = 0
        self._rows: list[str] = []

    def begin(self) -> None:
        """Begin the file, and its first sheet."""
        self._package.add("mimetype", _TYPE, stored=True)
        self._write = self._open.enter_context(self._package.part("content.xml")).write
        self._rows.append(_HEAD)
        self._begin_sheet()

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        for row in rows:
            if self._in_sheet == MOST_ROWS:
                self._rows.append("</table:table>")
                self._before += MOST_ROWS - 1
                self._begin_sheet()
            self._in_sheet += 1
            cells = [
                self._cell(row.get(field.name), field, text)
                for field, text in zip(self._fields, self._texts, strict=True)
            ]
            self._add(cells)

    def end(self) -> None:
        """Write what the file holds."""
        self._rows.append(f"</table:table>{_TAIL}")
        self._flush()
        self._open.close()
        self._package.add("META-INF/manifest.xml", _MANIFEST)
        self._package.close()

    def drop(self) -> None:
        """Leave the file as it is."""
        self._package.drop()
        self._open.close()
        self._package.close()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        name = "Table" if self._sheets == 1 else f"Table {self._sheets}"
        self._rows.append(f'<table:table table:name="{name}">')
        self._in_sheet = 1
        self._add([self._text(field.name, field) for field in self._fields])

    def _add(self, cells: list[str]) -> None:
        self._rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
        if len(self._rows) >= _FLUSHED_AT:
            self._flush()

    def _flush(self) -> None:
        self._write("".join(self._rows).encode())
        self._rows.clear()

    def _cell(self, value: Any, field: Field, text: Callable[[Any], str]) -> str:
        if value is None:
            return _EMPTY
        if isinstance(value, bool):
            told = "true" if value else "false"
            return _value("boolean", f'office:boolean-value="{told}"', told)
        if is_number(field.kind) and (number := number_of(value)):
            return _value("float", f'office:value="{number}"', number)
        if field.kind is Kind.DATE and day_of(value):
            return _value("date", f'table:style-name="date" office:date-value="{value}"', value)
        return self._text(text(value), field)

    def _text(self, text: str, field: Field) -> str:
        row = self._before + self._in_sheet
        check_text(text, row, field)
        if _NO_XML.search(text):
            raise ValueUnwritableError(
                f"row {row:,}, {field.name}: an ODS holds no control characters: take another"
            )
        shown = escape(text, quote=False)
        if not _SPACE.search(text):
            return _value("string", "", shown)
        # Of what is shown, readers take white space together; what is said beside it stays.
        told = escape(text).replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")
        return _value("string", f'office:string-value="{told}"', shown.replace("\r", "&#13;"))


def _value(kind: str, more: str, shown: str) -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" {more}><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )
