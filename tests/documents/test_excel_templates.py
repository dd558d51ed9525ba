"""Templates made in Excel: filled, with formulas that follow, and judged when they are given."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from apps.documents.adapters.xlsx import filling
from apps.documents.adapters.xlsx.templates import check_xlsx_template, fill_xlsx_template
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import DocumentError, InvalidTemplateError

LINES = [{"name": f"Teil {at}", "price": at + 0.5, "qty": at} for at in range(1, 4)]
GERMAN = Locale("de_DE", "EUR", "Europe/Berlin")


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template(*rows: tuple[Any, ...]) -> Any:
    """Return a workbook whose first sheet, `Blatt`, has these rows."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Blatt"
    for row in rows:
        sheet.append(row)
    return book


def filled(book: Workbook | bytes, data: dict[str, Any] | None = None) -> Any:
    content = book if isinstance(book, bytes) else saved(book)
    out = io.BytesIO()
    fill_xlsx_template(content, {"lines": LINES} if data is None else data, out, GERMAN)
    return load_workbook(out)


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def found(book: Workbook) -> list[str]:
    return [f"{one.place} {one.message}" for one in check_xlsx_template(saved(book))]


def code(do: Callable[[], object]) -> str:
    with pytest.raises(DocumentError) as error:
        do()
    return f"{error.value.finding.place} {error.value.finding.code}"


def test_values_have_types_and_keep_the_style_of_their_cell() -> None:
    book = template(
        ("{{ number }}", "{{ day | to_date }}", "{{ paid }}", "Nr. {{ number }} {{ nothing }}")
    )
    book["Blatt"]["A1"].number_format = "0.00"
    book["Blatt"]["A1"].font = Font(bold=True)
    book["Blatt"]["B1"].number_format = "dd.mm.yyyy"

    sheet = filled(book, {"number": 1234.5, "day": "2026-05-31", "paid": True})["Blatt"]

    day = dt.datetime(2026, 5, 31)  # noqa: DTZ001  # cells have no zone
    assert values(sheet) == [[1234.5, day, True, "Nr. 1234,5 "]]
    assert (sheet["A1"].number_format, sheet["A1"].font.b) == ("0.00", True)
    assert sheet["B1"].number_format == "dd.mm.yyyy"


def test_rows_are_repeated_and_formulas_follow() -> None:
    book = template(
        ("Name", "Preis", "Menge", "Summe"),
        ("{{ each line in lines }}{{ line.name }}", "{{ line.price }}", "{{ line.qty }}", "=B2*C2"),
        ("Summe", None, None, "=SUM(D2)"),
        ("Steuer", None, None, "=D3*{{ rate }}+$D$3+SUM(D2:D3)+Zwei!A1"),
    )
    book.create_sheet("Zwei")["A1"] = "=SUM(Blatt!$D$2:$D$2)+SUM(Blatt!A:A)"
    book.defined_names["Summen"] = DefinedName("Summen", attr_text="Blatt!$D$2")

    made = filled(book, {"lines": LINES, "rate": 0.19})

    assert values(made["Blatt"])[1:] == [
        ["Teil 1", 1.5, 1, "=B2*C2"],
        ["Teil 2", 2.5, 2, "=B3*C3"],
        ["Teil 3", 3.5, 3, "=B4*C4"],
        ["Summe", None, None, "=SUM(D2:D4)"],
        ["Steuer", None, None, "=D5*0.19+$D$5+SUM(D2:D5)+Zwei!A1"],
    ]
    assert made["Zwei"]["A1"].value == "=SUM(Blatt!$D$2:$D$4)+SUM(Blatt!A:A)"
    assert made.defined_names["Summen"].attr_text == "Blatt!$D$2:$D$4"


def test_loops_stand_within_loops_and_formulas_mean_their_own_turn() -> None:
    book = template(
        ("{{ each group in groups for 3 rows }}{{ group.name }}",),
        ("{{ each n in group.numbers }}{{ n }}",),
        ("=SUM(A2)",),
        ("=SUM(A3)",),
    )
    groups = [{"name": "a", "numbers": [1, 2]}, {"name": "b", "numbers": [3]}]

    sheet = filled(book, {"groups": groups})["Blatt"]

    assert [row[0] for row in values(sheet)] == [
        "a",
        1,
        2,
        "=SUM(A2:A3)",
        "b",
        3,
        "=SUM(A6)",
        "=SUM(A4:A7)",
    ]


def test_an_empty_list_leaves_its_row_without_values() -> None:
    book = template(("{{ each line in lines }}{{ line.price * 2 }}", "x"), ("=SUM(A1)",))

    assert values(filled(book, {"lines": []})["Blatt"]) == [[None, "x"], ["=SUM(A1)", None]]


def test_what_names_cells_follows_the_rows() -> None:
    book = template(
        ("Name", "Preis"),
        ("{{ each line in lines }}{{ line.name }}", "{{ line.price }}"),
        ("Ende", 1),
    )
    sheet = book["Blatt"]
    sheet.merge_cells("A3:B3")
    sheet.row_dimensions[2].height = 33
    sheet["B2"].comment = Comment("netto", "Ada")
    sheet["A3"].hyperlink = "https://a.example/"
    rule: Any = CellIsRule
    sheet.conditional_formatting.add(
        "B2", rule(operator="lessThan", formula=["$B$3"], fill=PatternFill("solid"))
    )
    check = DataValidation(type="whole", operator="greaterThan", formula1="0")
    check.add("B2")
    sheet.add_data_validation(check)
    sheet.auto_filter.ref = "A1:B2"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=2))
    sheet.add_chart(chart, "D3")

    made = filled(book)["Blatt"]

    assert [str(one) for one in made.merged_cells.ranges] == ["A5:B5"]
    assert [made.row_dimensions[at].height for at in (2, 3, 4, 5)] == [33, 33, 33, None]
    assert made["B4"].comment.text == "netto"
    assert made["A5"].hyperlink.target == "https://a.example/"
    (condition,) = made.conditional_formatting
    assert (str(condition.sqref), condition.rules[0].formula) == ("B2:B4", ["$B$5"])
    assert str(made.data_validations.dataValidation[0].sqref) == "B2:B4"
    assert made.auto_filter.ref == "A1:B4"
    assert made._charts[0].series[0].val.numRef.f == "'Blatt'!$B$2:$B$4"
    assert made._charts[0].anchor._from.row == 4


def test_a_table_grows_with_its_rows() -> None:
    book = template(("Name",), ("{{ each line in lines }}{{ line.name }}",))
    book["Blatt"].add_table(Table(displayName="Teile", ref="A1:A2"))

    assert filled(book)["Blatt"].tables["Teile"].ref == "A1:A4"


def test_texts_of_the_data_are_never_formulas() -> None:
    rows = ("{{ a }}", "{{ b }}!", "x{{ a }}", "{{ each l in c }}{{ l }}")

    made = filled(template(rows), {"a": "=1+1", "b": "=cmd|x", "c": ["=2", "+3"]})["Blatt"]

    assert {cell.data_type for row in made.iter_rows() for cell in row if cell.value} == {"s"}
    assert values(made)[0] == ["=1+1", "=cmd|x!", "x=1+1", "=2"]
    formula = template(("=A2+{{ a }}",))
    assert code(lambda: filled(formula, {"a": "HYPERLINK(1)"})) == "/Blatt/A1 type"


def test_a_workbook_has_the_same_bytes_each_time() -> None:
    content = saved(template(("{{ each line in lines }}{{ line.name }}",)))
    made = []
    for _ in range(2):
        out = io.BytesIO()
        fill_xlsx_template(content, {"lines": LINES}, out)
        made.append(out.getvalue())

    assert made[0] == made[1]
    with zipfile.ZipFile(io.BytesIO(made[0])) as archive:
        assert b"2000-01-01T00:00:00Z</dcterms:modified>" in archive.read("docProps/core.xml")


def test_mistakes_are_told_with_their_cells() -> None:
    book = template(
        ("{{ 1 + }}", "{{ nix(1) }}", "{{ a"),
        ("{{ each x in }}", "{{ each x in lines for 0 rows }}"),
        ("{{ each a in lines for 2 rows }}", "{{ each b in lines for 2 rows }}"),
        (None,),
        ("{{ each a in lines for 2 rows }}",),
        ("{{ each b in lines for 2 rows }}", "{{ __import__('os') }}"),
    )

    assert sorted({one.split(" ")[0] for one in found(book)}) == [
        "/Blatt/A1",
        "/Blatt/A2",
        "/Blatt/A3",
        "/Blatt/A6",
        "/Blatt/B1",
        "/Blatt/B2",
        "/Blatt/B6",
        "/Blatt/C1",
    ]
    with pytest.raises(InvalidTemplateError):
        filled(book)


def test_what_a_loop_would_tear_is_told() -> None:
    book = template(("{{ each line in lines }}", 1), ("x", 2))
    book["Blatt"].merge_cells("B1:B2")
    book["Blatt"]["C2"] = ArrayFormula("C2", "=SUM(A1:A2*2)")

    assert [one.split(" ")[0] for one in found(book)] == ["/Blatt/C2", "/Blatt/B1"]


def test_what_is_not_kept_is_told_as_advice() -> None:
    content = saved(template(("{{ a }}",)))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            made.writestr(name, given.read(name))
        made.writestr("xl/slicers/slicer1.xml", "<a/>")
        made.writestr(
            "xl/drawings/drawing9.xml", '<xdr:wsDr xmlns:xdr="x"><xdr:sp macro=""/></xdr:wsDr>'
        )

    told = check_xlsx_template(out.getvalue())

    assert [(one.code, one.severity) for one in told] == [("lost", "warning")] * 2
    assert "shapes" in told[1].message


@pytest.mark.parametrize(
    ("text", "data", "told"),
    [
        ("{{ a }}", {"a": [1]}, "/Blatt/A1 type"),
        ("{{ a / 0 }}", {"a": 1}, "/Blatt/A1 division"),
        ("{{ a }}", {"a": "x" * 32_001}, "/Blatt/A1 size"),
        ("{{ each x in a }}", {"a": 1}, "/Blatt/A1 type"),
        ("{{ each x in a }}", {"a": [1] * 1001}, "/Blatt size"),
    ],
)
def test_data_that_does_not_fit_is_told_with_its_cell(
    text: str, data: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST_ROWS", 1_000)

    assert code(lambda: filled(template((text,)), data)) == told


def test_a_cell_at_the_end_of_a_sheet_costs_nothing() -> None:
    far = template(("{{ a }}",))
    far["Blatt"]["XFD1048576"] = "{{ a }}"
    assert filled(far, {"a": 1})["Blatt"]["XFD1048576"].value == 1

    looped = template(("{{ each line in lines }}",))
    looped["Blatt"]["A20001"] = 1
    assert "at most 20000 rows" in found(looped)[0]


def test_what_is_no_workbook_is_refused() -> None:
    whole = saved(template(("a",)))
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as given, zipfile.ZipFile(broken, "w") as made:
        for name in given.namelist():
            made.writestr(name, b"<a/>" if name.endswith("workbook.xml") else given.read(name))
    linked = io.BytesIO(whole)
    with zipfile.ZipFile(linked, "a") as made:
        made.writestr("xl/externalLinks/externalLink1.xml", "<a/>")

    for content, told in (
        (b"PK", "/: this is no whole file of Office"),
        (whole[:-20], "/: this is no whole file of Office"),
        (broken.getvalue(), "/: this is no whole workbook"),
        (linked.getvalue(), "/xl/externalLinks/externalLink1.xml: programs, connections"),
    ):
        with pytest.raises(InvalidTemplateError, match=told):
            check_xlsx_template(content)
