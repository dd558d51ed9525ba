"""Workbooks become one kind of file: the traps of spreadsheets, and files that mean harm."""

import io
import os
import subprocess
import sys
import zipfile
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from apps.importexport.adapters.reading import books
from apps.importexport.adapters.reading.plain import plain
from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.guessing import guess
from apps.importexport.domain.formats.limits import DEFAULT, Limits
from apps.importexport.errors import (
    SourceChoiceError,
    SourceEmptyError,
    SourceProtectedError,
    SourceRefusedError,
    SourceTooLargeError,
    SourceUnreadableError,
)
from tests.importexport.formats.sources import BOOK, number, read, rows_of, sheet, text, xlsx

HEAD = text("A1", "a") + text("B1", "b")


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_of(book: Workbook) -> Any:
    """Return the sheet of a new workbook."""
    return book.active


def test_values_are_what_the_sheet_shows(tmp_path: Path) -> None:
    book = Workbook()
    sheet_of(book).append(["id", "n", "day", "at", "time", "ok", "none", "words"])
    sheet_of(book).append(
        [
            "00012345678901234567",
            1.5,
            date(2024, 2, 29),
            datetime(2024, 2, 29, 10, 30, 5),  # noqa: DTZ001  a workbook knows no zone
            time(10, 30),
            True,
            None,
            " two\nlines ",
        ]
    )
    sheet_of(book).append([7, 123456789012345, date(1999, 12, 31), None, None, False, None, "-5"])

    found = read(tmp_path, saved(book))

    assert found.columns == ("id", "n", "day", "at", "time", "ok", "none", "words")
    assert rows_of(found) == [
        [
            "00012345678901234567",
            "1.5",
            "2024-02-29",
            "2024-02-29T10:30:05",
            "10:30:00",
            "true",
            "",
            " two\nlines ",
        ],
        ["7", "123456789012345", "1999-12-31", "", "", "false", "", "-5"],
    ]
    assert (found.first_line, found.row_is_line, found.guarded) == (2, True, True)
    assert found.warnings == ()


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet_of(book).append(["day"])
    sheet_of(book).append([date(2024, 2, 29)])

    assert rows_of(read(tmp_path, saved(book))) == [["2024-02-29"]]


def test_errors_are_values_and_formulas_are_what_they_gave(tmp_path: Path) -> None:
    rows = sheet(
        HEAD + text("C1", "c"),
        '<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2"><f>1+1</f><v>2</v></c>',
        (
            '<c r="A3"><f>1+2</f></c><c r="B3" t="str"><f>""</f><v></v></c>'
            '<c s="0" t="e" r="C3"><v>#N/A</v></c>'
        ),
        '<c r="A4" t="str"><f>"x"</f><v>x</v></c>',
    )

    found = read(tmp_path, xlsx(rows))

    assert rows_of(found) == [["#DIV/0!", "2", ""], ["", "", "#N/A"], ["x", "", ""]]
    errors, formulas = found.warnings
    assert errors.startswith("2 cells hold an error, such as A2 (#DIV/0!)")
    assert formulas.startswith("1 formulas have no value")


def test_rows_keep_their_numbers_and_hidden_ones_are_told_of(tmp_path: Path) -> None:
    rows = (
        f'<sheetData><row r="2">{text("B2", "a")}{text("C2", "b")}</row>'
        f'<row r="4" hidden="1">{text("B4", "x")}</row></sheetData>'
        '<mergeCells count="1"><mergeCell ref="B4:C4"/></mergeCells>'
    )

    found = read(tmp_path, xlsx(rows), Dialect(format=Format.XLSX, header_row=2))

    assert found.columns == ("column 1", "a", "b")
    assert rows_of(found) == [["", "", ""], ["", "x", ""]]
    assert found.first_line == 3
    assert found.warnings[:2] == (
        "1 rows are hidden, and are read as the others",
        "cells are merged: the value is in the first of them, the others are empty",
    )


def test_numbers_of_more_digits_than_a_spreadsheet_keeps_are_told_of(tmp_path: Path) -> None:
    found = read(
        tmp_path, xlsx(sheet(HEAD, number("A2", "12345678901234567890") + number("B2", "1")))
    )

    assert rows_of(found)[0][1] == "1"
    assert "more than 15 digits" in found.warnings[0]


def test_hidden_sheets_are_read_only_when_they_are_named(tmp_path: Path) -> None:
    content = xlsx(sheet(text("A1", "one")), sheet(text("A1", "two")), states=("hidden", "visible"))

    assert read(tmp_path, content).columns == ("two",)
    named = Dialect(format=Format.XLSX, sheet="S1")
    assert read(tmp_path, content, named).columns == ("one",)
    shown = preview(tmp_path / "source", named)
    assert (shown.sheets, shown.shown_sheets) == (("S1", "S2"), ("S2",))
    with pytest.raises(SourceChoiceError, match="no sheet 'S3': choose one of 'S1', 'S2'"):
        read(tmp_path, content, Dialect(format=Format.XLSX, sheet="S3"))
    with pytest.raises(SourceEmptyError, match="not hidden"):
        read(tmp_path, xlsx(sheet(HEAD), states=("veryHidden",)))
    with pytest.raises(SourceEmptyError):
        read(tmp_path, xlsx(sheet()))


def test_an_empty_cell_with_a_look_is_not_far(tmp_path: Path) -> None:
    rows = sheet(HEAD + '<c r="XFD1" s="0"/>', number("A2", "1"), dimension="A1:XFD1048576")

    assert rows_of(read(tmp_path, xlsx(rows))) == [["1", ""]]


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1:B2", ""])
def test_a_far_cell_is_told_and_the_worker_lives(tmp_path: Path, dimension: str) -> None:
    far = number("XFD1048576", "1")
    rows = f'<sheetData><row r="1">{HEAD}</row><row r="1048576">{far}</row></sheetData>'
    told = f'<dimension ref="{dimension}"/>' if dimension else ""

    with pytest.raises(SourceTooLargeError, match="row 1,048,576 and column 16,384"):
        read(tmp_path, xlsx(told + rows))

    assert rows_of(read(tmp_path, xlsx(sheet(HEAD, number("A2", "1"))))) == [["1", ""]]


def test_a_far_cell_that_hides_kills_none_but_its_own_process(tmp_path: Path) -> None:
    """An apostrophe instead of a quote, and our look at cells finds none."""
    far = (
        f"<dimension ref='A1:B2'/><sheetData><row r='1'>{HEAD}</row>"
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>"
    )

    with pytest.raises(SourceTooLargeError, match="stands far from"):
        read(tmp_path, xlsx(far))

    assert rows_of(read(tmp_path, xlsx(sheet(HEAD, number("A2", "1"))))) == [["1", ""]]


def test_bombs_are_told(tmp_path: Path) -> None:
    spaces = xlsx(sheet(HEAD) + " " * 60_000_000)
    plain_book = xlsx(sheet(HEAD))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain_book)) as given, zipfile.ZipFile(out, "w") as packed:
        for name in given.namelist():
            content = given.read(name)
            if name == "xl/workbook.xml":
                lol = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
                content = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>'.encode() + content
            packed.writestr(name, content)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as packed:
        for at in range(10_001):
            packed.writestr(f"{at}", b"")

    with pytest.raises(SourceTooLargeError, match="unpacks from"):
        read(tmp_path, spaces)
    with pytest.raises(SourceUnreadableError):
        read(tmp_path, out.getvalue(), BOOK)
    with pytest.raises(SourceTooLargeError, match="10,000 parts"):
        read(tmp_path, many.getvalue(), BOOK)


def test_what_takes_a_password_is_told(tmp_path: Path) -> None:
    manifest = (
        b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>'
    )
    ods = io.BytesIO()
    with zipfile.ZipFile(ods, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", manifest)

    for content in (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000), ods.getvalue()):
        with pytest.raises(SourceProtectedError, match="takes a password"):
            read(tmp_path, content)


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    whole = xlsx(sheet(HEAD))

    for content in (b"", b"PK\x03\x04", whole[:-30], whole[:200], b"a,b\n1,2\n"):
        for form in (Format.XLSX, Format.ODS):
            with pytest.raises(SourceUnreadableError):
                read(tmp_path, content, Dialect(format=form))


def test_any_byte_changed_is_a_value_or_an_error_of_ours(tmp_path: Path) -> None:
    whole = bytearray(xlsx(sheet(HEAD, number("A2", "1"))))

    for at in range(0, len(whole), 97):
        broken = bytes(whole[:at]) + bytes([whole[at] ^ 0x55]) + bytes(whole[at + 1 :])
        try:
            found = read(tmp_path, broken, BOOK)
        except SourceRefusedError:
            continue
        assert found.columns[0]


def test_limits_are_named(tmp_path: Path) -> None:
    content = xlsx(sheet(HEAD, number("A2", "1")))

    for limits, told in (
        (Limits(columns=1), "2 columns"),
        (Limits(book_bytes=100), "at most 100 bytes"),
        (Limits(sheet_cells=3), "more than 3 cells"),
    ):
        with pytest.raises(SourceTooLargeError, match=told):
            read(tmp_path, content, limits=limits)


def test_a_workbook_may_be_in_a_zip(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("data.xlsx", xlsx(sheet(HEAD, number("A2", "1"))))

    found = read(tmp_path, out.getvalue())

    assert rows_of(found) == [["1", ""]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.csv", "source"]


def test_a_preview_shows_so_many_rows(tmp_path: Path) -> None:
    source = tmp_path / "source.xlsx"
    source.write_bytes(xlsx(sheet(HEAD, *[number(f"A{at}", str(at)) for at in range(2, 3_000)])))

    shown = preview(source, guess(source.read_bytes(), name=source.name), rows=2)

    assert (shown.columns, shown.rows) == (("a", "b"), (("2", ""), ("3", "")))


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another")
def test_it_is_read_as_nobody_too(tmp_path: Path) -> None:
    """As root no limit of processes holds, so a library that starts a thread is not found out."""
    book, columns = tmp_path / "source.xlsx", tmp_path / "source.parquet"
    book.write_bytes(xlsx(sheet(HEAD, number("A2", "1"))))
    pq.write_table(pa.table({"a": list(range(30_000)), "b": ["x"] * 30_000}), columns)
    program = f"""
import os, resource, sys
sys.path[:0] = {sys.path!r}
from apps.importexport.adapters.sandboxed import program
data = [open(name, "rb").read() for name in sys.argv[1:]]
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for limit in (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
    resource.setrlimit(limit, (0, 0))
limits = {asdict(DEFAULT)!r}
print(program.sheet(data[0], sheet="", rows=0, limits=limits)[1])
print(len(b"".join(program.parquet(data[1], rows=0, limits=limits)[1])))
"""

    found = subprocess.run(
        [sys.executable, "-c", program, book, columns], capture_output=True, text=True, check=False
    )

    assert found.stderr == ""
    assert found.stdout == "[b'a,b\\r\\n1,\\r\\n']\n348898\n"


def test_the_same_workbook_gives_the_same_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(xlsx(sheet(HEAD, number("A2", "1"))))

    made = [plain(source, BOOK, folder=tmp_path).path.read_bytes() for _ in range(2)]

    assert made == [b"a,b\r\n1,\r\n"] * 2


def test_memory_and_time_of_reading_are_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = f'<row r="1000000">{number("J1000000", "1")}</row>'
    content = xlsx(f'<sheetData><row r="1">{HEAD}</row>{last}</sheetData>')
    monkeypatch.setattr(books, "READING_MEMORY_BYTES", SimpleNamespace(value=lambda: 20_000_000))

    with pytest.raises(SourceTooLargeError, match="takes more memory or time than one may"):
        read(tmp_path, content)
