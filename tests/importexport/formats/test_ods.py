"""Workbooks of the Open Document Format: the same traps, in other words."""

import io
import zipfile
from pathlib import Path

import pytest

from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.errors import SourceRefusedError, SourceTooLargeError
from tests.importexport.formats.sources import read, rows_of

_URN = "urn:oasis:names:tc:opendocument:xmlns:"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_STYLES = "".join(
    f'<style:style style:name="{name}" style:family="table"><style:table-properties'
    f' table:display="{shown}"/></style:style>'
    for name, shown in (("shown", "true"), ("hidden", "false"))
)
HEAD = "".join(
    f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
    for name in "abc"
)


def ods(*tables: str) -> bytes:
    """Return a workbook of the XML of its tables."""
    out = io.BytesIO()
    spaces = "".join(
        f' xmlns:{name}="{_URN}{name}:1.0"' for name in ("office", "table", "text", "style")
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        packed.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{_URN}manifest:1.0"/>')
        packed.writestr(
            "content.xml",
            f'<office:document-content{spaces} xmlns:calcext="{_CALC}"><office:automatic-styles>'
            f"{_STYLES}</office:automatic-styles><office:body><office:spreadsheet>"
            f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def table(*rows: str, name: str = "S1", style: str = "shown") -> str:
    """Return the XML of a table, of that of its rows."""
    made = "".join(
        row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>"
        for row in rows
    )
    return f'<table:table table:name="{name}" table:style-name="{style}">{made}</table:table>'


def cell(kind: str, more: str, shown: str) -> str:
    """Return the XML of a cell."""
    return (
        f'<table:table-cell office:value-type="{kind}" {more}><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


ERROR = cell("string", 'table:formula="of:=1/0" calcext:value-type="error"', "#DIV/0!")
END = (
    '<table:table-row table:number-rows-repeated="1048566">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def test_values_are_what_the_cells_hold(tmp_path: Path) -> None:
    content = ods(
        table(
            HEAD + '<table:table-cell table:number-columns-repeated="16381"/>',
            cell("string", "", "007<text:s text:c='2'/>x")
            + cell("date", 'office:date-value="2024-02-29"', "29.02.24")
            + cell("date", 'office:date-value="2024-02-29T10:30:05"', "29.02.24"),
            cell("float", 'office:value="1.5"', "1,5")
            + cell("boolean", 'office:boolean-value="true"', "WAHR")
            + cell("percentage", 'office:value="0.5"', "50 %"),
            END,
        )
    )

    found = read(tmp_path, content)

    assert rows_of(found) == [
        ["007  x", "2024-02-29", "2024-02-29T10:30:05"],
        ["1.5", "true", "0.5"],
    ]
    assert (found.warnings, found.first_line) == ((), 2)


def test_what_a_reader_leaves_out_is_told(tmp_path: Path) -> None:
    hidden = '<table:table-row table:visibility="filter">'
    spanned = 'table:number-columns-spanned="2"'
    content = ods(
        table(ERROR, name="other"),
        table(
            HEAD,
            '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>',
            f'<table:table-cell table:number-columns-repeated="2"/>{ERROR}',
            f"{hidden}{cell('string', spanned, 'x')}<table:covered-table-cell/></table:table-row>",
            f'<table:table-cell table:formula="of:=1+1"/>{cell("string", "", "y<text:tab/>z")}',
        ),
    )

    found = read(tmp_path, content, Dialect(format=Format.ODS, sheet="S1"))

    assert rows_of(found) == [["", "", ""]] * 2 + [
        ["", "", "#DIV/0!"],
        ["x", "", ""],
        ["", "yz", ""],
    ]
    assert [one.partition(":")[0] for one in found.warnings] == [
        "1 cells hold an error, such as row 4 (#DIV/0!)",
        "1 formulas have no value, so their cells are empty",
        "1 rows are hidden, and are read as the others",
        "cells are merged",
        "tabs and line breaks within cells are not read",
    ]


def test_hidden_sheets_are_read_only_when_they_are_named(tmp_path: Path) -> None:
    content = ods(table(HEAD, name="H", style="hidden"), table(HEAD, name="S"))

    found = read(tmp_path, content)

    assert found.columns == ("a", "b", "c")
    shown = preview(tmp_path / "source", Dialect(format=Format.ODS))
    assert (shown.sheets, shown.shown_sheets) == (("H", "S"), ("S",))


def test_cells_that_are_repeated_without_end_kill_none_but_their_own_process(
    tmp_path: Path,
) -> None:
    bomb = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    wide = cell("string", 'table:number-columns-repeated="2000"', "x")

    with pytest.raises(SourceRefusedError):
        read(tmp_path, ods(table(bomb)))
    with pytest.raises(SourceTooLargeError, match="2,000 columns"):
        read(tmp_path, ods(table(wide)))

    assert read(tmp_path, ods(table(HEAD))).columns == ("a", "b", "c")
