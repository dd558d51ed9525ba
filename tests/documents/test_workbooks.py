"""Documents as Excel workbooks, read again by openpyxl and compared with what it writes itself."""

import datetime as dt
import io
import re
import zipfile
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from apps.documents.adapters.xlsx.rendering import head_of, render_xlsx
from apps.documents.adapters.xlsx.styles import Looks, plain_value
from apps.documents.domain.evaluation.parts import Table
from tests.documents.templates import DATA, INVOICE, document, of_blocks

ROWS = [
    {"name": "=1+1", "at": "2024-02-29", "when": "2024-01-01T10:30:00Z", "sum": 1234.5, "ok": True},
    {"name": "  <b> & co\n", "at": None, "when": None, "sum": -0.001, "ok": False},
    {"name": "+44", "at": "1999-12-31", "when": None, "sum": 10**15, "ok": None},
]
TABLE: dict[str, Any] = {
    "type": "table",
    "over": "rows",
    "caption": "Sums: [all]",
    "totals": "Total",
    "columns": [
        {"title": "Name", "value": "row.name", "width": 38},
        {"title": "At", "value": "row.at", "format": "date"},
        {"title": "When", "value": "row.when", "format": "datetime"},
        {"title": "Sum", "value": "row.sum", "format": "currency", "total": "sum"},
        {"title": "OK", "value": "row.ok"},
        {"title": "Share", "value": "row.sum", "format": "percent:1"},
        {"title": "Whole", "value": "row.sum", "format": "number:0"},
    ],
}
TEMPLATE = of_blocks(TABLE, TABLE, locale="de", currency="EUR", timezone="Europe/Berlin")


def xlsx(template: dict[str, Any], data: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    render_xlsx(document(template, data), out)
    return out.getvalue()


def test_a_sheet_has_types_formats_and_a_fixed_head() -> None:
    content = xlsx(TEMPLATE, {"rows": ROWS})
    book = load_workbook(io.BytesIO(content))

    assert book.sheetnames == ["Sums   all", "Sums   all 2"]
    sheet = book["Sums   all"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert sheet.column_dimensions["A"].width == 20
    assert [cell.value for cell in sheet[2]] == [
        "=1+1",
        dt.datetime(2024, 2, 29),  # noqa: DTZ001
        dt.datetime(2024, 1, 1, 11, 30),  # noqa: DTZ001
        1234.5,
        True,
        1234.5,
        1234.5,
    ]
    assert [cell.data_type for cell in sheet[2]] == ["s", "d", "d", "n", "b", "n", "n"]
    assert [cell.number_format for cell in sheet[2]][1:] == [
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm",
        '#,##0.00\\ "€"',
        "General",
        "0.0%",
        "#,##0",
    ]
    assert sheet["A3"].value == "  <b> & co\n"
    assert sheet["A4"].data_type == "s"
    assert [cell.value for cell in sheet[5]][:4] == ["Total", None, None, "=SUBTOTAL(9,D2:D4)"]
    values = load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    assert values["D5"].value == 1000000000001234.5
    assert sheet["A1"].font.bold
    assert sheet["A5"].font.bold
    assert not sheet["A2"].font.bold


def numbers(text: str) -> str:
    return re.sub("<v>([^<]+)</v>", lambda found: f"<v>{float(found[1]):.15g}</v>", text)


def test_rows_are_what_openpyxl_writes_of_them() -> None:
    """The peer is given the same values and styles, one cell after another."""
    made = document(TEMPLATE, {"rows": ROWS})
    book = Workbook(write_only=True)
    looks = None
    for table in made.parts:
        assert isinstance(table, Table)
        sheet = book.create_sheet()
        looks = looks or Looks(book, made.theme, made.locale)
        for row, kind in [(head_of(table), "head"), *((one, one.kind) for one in table.rows)]:
            line: list[Any] = []
            for cell in row.cells:
                value = plain_value(cell, cell.value)
                if value is None and kind == "body":
                    line.append(None)
                    continue
                given: Any = value
                written: Any = WriteOnlyCell(sheet, given)
                if isinstance(value, str):
                    written.data_type = "s"
                written._style = looks.cell(looks.of(cell, kind, value))._style
                line.append(written)
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)

    ours = zipfile.ZipFile(io.BytesIO(xlsx(TEMPLATE, {"rows": ROWS})))
    theirs = zipfile.ZipFile(out)
    for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
        one, other = (
            re.search("<sheetData>.*</sheetData>", archive.read(name).decode(), re.DOTALL)
            for archive in (ours, theirs)
        )
        assert one
        assert other
        # A total is a formula with its value; openpyxl writes either.
        bare = re.sub("<f>[^<]*</f>", "", one[0])
        # A number is one whether `t="n"` says so or nothing does; openpyxl writes 16 digits of it.
        assert numbers(bare) == numbers(other[0].replace(' t="n"', "").replace('"></c>', '"/>'))


def test_groups_and_cells_that_span_are_merged() -> None:
    book = load_workbook(io.BytesIO(xlsx(INVOICE, DATA)))

    first, chart, second = (book[name] for name in book.sheetnames)
    assert first.title == "Positionen"
    assert [str(one) for one in first.merged_cells.ranges] == ["A2:C2", "A6:C6"]
    assert first["A2"].value == "Gruppe a"
    assert first["C5"].value == "=SUBTOTAL(9,C3:C4)"
    assert first["C9"].value == "=SUBTOTAL(9,C7:C8)"
    assert first["C10"].value == "=SUBTOTAL(9,C2:C9)"
    assert [[cell.value for cell in row] for row in chart["A1:B2"]] == [
        ["", "Menge"],
        ["Teil 0", 1],
    ]
    assert len(vars(chart)["_charts"]) == 1
    assert {str(one) for one in second.merged_cells.ranges} == {"A2:A3", "B2:C2"}
    assert second["B3"].value == "x"
    assert (second["C3"].value, second["C3"].data_type) == ("=1+2", "s")


def test_what_a_total_shows_is_the_value_of_its_formula() -> None:
    content = xlsx(INVOICE, DATA)

    sheet = load_workbook(io.BytesIO(content), data_only=True)["Positionen"]
    assert [sheet[f"C{at}"].value for at in (5, 9, 10)] == [29.97, 69.93, 99.9]


def test_money_and_dates_are_shown_as_the_locale_has_them() -> None:
    columns = [
        {"title": "Price", "value": "row.sum", "format": "currency"},
        {"title": "Month", "value": "row.at", "format": "date:MMMM y"},
    ]
    table = {"type": "table", "over": "rows", "columns": columns}

    formats = {}
    for locale in ("en_US", "de", "nl"):
        made = xlsx(of_blocks(table, locale=locale, currency="EUR"), {"rows": ROWS[:1]})
        row = load_workbook(io.BytesIO(made)).worksheets[0][2]
        formats[locale] = [cell.number_format for cell in row]

    assert formats == {
        "en_US": ['"€"#,##0.00', "mmmm yyyy"],
        "de": ['#,##0.00\\ "€"', "mmmm yyyy"],
        "nl": ['"€"\\ #,##0.00', "mmmm yyyy"],
    }


def test_a_document_without_tables_has_a_sheet_of_its_text() -> None:
    book = load_workbook(
        io.BytesIO(xlsx(of_blocks({"type": "paragraph", "text": "=cmd|' /C calc'!A0"}), {}))
    )

    assert book.sheetnames == ["Test"]
    assert (book["Test"]["A1"].value, book["Test"]["A1"].data_type) == ("=cmd|' /C calc'!A0", "s")


def test_a_workbook_has_the_same_bytes_each_time() -> None:
    assert xlsx(INVOICE, DATA) == xlsx(INVOICE, DATA)
