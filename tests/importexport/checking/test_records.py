"""What a record of a chunk is: ragged, blank, torn and oddly quoted ones."""

import pytest

from apps.importexport.domain.checking.splitting import Shape
from apps.importexport.domain.checking.tables import Tables
from contracts.datasets import Field
from tests.importexport.checking.plans import checked, codes, plan_of

PLAN = plan_of(Field(name="a"), Field(name="b"), Field(name="c"))
ONE = plan_of(Field(name="a"))


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"1,2,3\n4,5,6\n", [(0, "1", "2", "3"), (1, "4", "5", "6")]),
        (b"1,2,3\r\n4,5,6", [(0, "1", "2", "3"), (1, "4", "5", "6")]),
        (b"1,2,3\r4,5,6\r", [(0, "1", "2", "3"), (1, "4", "5", "6")]),
        (b"1,2,3\r\n4,5,6\n7,8,9\r", [(0, "1", "2", "3"), (1, "4", "5", "6"), (2, "7", "8", "9")]),
        (b'"1","2","3"\n', [(0, "1", "2", "3")]),
        (b'"a,b","c""d","e\nf"\n', [(0, "a,b", 'c"d', "e\nf")]),
        (b'"a\r\nb",x,y\r\n', [(0, "a\r\nb", "x", "y")]),
        (b'"a\r\nb",x,y\n', [(0, "a\r\nb", "x", "y")]),
        (b'5" pipe,"x",y\n', [(0, '5" pipe', "x", "y")]),
        (b'a "b" c,x,y\n', [(0, 'a "b" c', "x", "y")]),
        (b'",",",",","\n', [(0, ",", ",", ",")]),
        (b'"""","""""",""\n', [(0, '"', '""', None)]),
        (b" 1 , 2,3 \n", [(0, " 1 ", " 2", "3 ")]),
        # Short records, and long ones that are empty at the end.
        (b"1\n1,2\n1,2,3\n", [(0, "1", None, None), (1, "1", "2", None), (2, "1", "2", "3")]),
        (b"1,2,3,\n1,2,3,,,\n", [(0, "1", "2", "3"), (1, "1", "2", "3")]),
        (b'1,2,3,""\n', [(0, "1", "2", "3")]),
        # Blank lines and records without a value count, and are left out.
        (
            b"1,2,3\n\n4,5,6\n,,\n7,8,9\n\n",
            [(0, "1", "2", "3"), (2, "4", "5", "6"), (4, "7", "8", "9")],
        ),
        (b'"","",""\n1,,\n', [(1, "1", None, None)]),
        (b"\n\n1,2,3", [(2, "1", "2", "3")]),
        (b"", []),
        (b"\n", []),
        (b"a\x00b,2,3\n", None),
    ],
)
def test_records_are_read_alike(data: bytes, rows: list[tuple[object, ...]] | None) -> None:
    found = checked(PLAN, data)

    assert found.good.rows() == (rows or [])
    assert found.rows == found.good.height + found.blank + len(found.problems)


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (b"1,2,3,4\n1,2,3\n", [(0, "", "TOO_MANY_VALUES")]),
        (b"1,2,3\n1,2,3,,5\n", [(1, "", "TOO_MANY_VALUES")]),
        (b",,,4\n", [(0, "", "TOO_MANY_VALUES")]),
        (b'1,"2"x,3\n1,2,3\n', [(0, "", "MALFORMED")]),
        (b'1,2,3\n1,"2,3\n', [(1, "", "MALFORMED")]),
        (b"1,2,3\n1,\xff,3\n\xc3\xa4,2,3\n", [(1, "", "NOT_UTF8")]),
    ],
)
def test_a_record_that_is_none_is_one_problem(
    data: bytes, problems: list[tuple[int, str, str]]
) -> None:
    found = checked(PLAN, data)

    assert codes(found) == problems
    assert found.rows == found.good.height + len(problems)


def test_a_file_of_one_column_has_blank_records() -> None:
    found = checked(ONE, b'x\n\n""\ny\n')

    assert found.good.rows() == [(0, "x"), (3, "y")]
    assert found.blank == 2


@pytest.mark.parametrize(
    ("delimiter", "quote"), [(";", '"'), ("\t", ""), ("|", "'"), ("¦", '"'), ("^", "«")]
)
def test_any_character_separates_and_quotes(delimiter: str, quote: str) -> None:
    plan = plan_of(Field(name="a"), Field(name="b"), delimiter=delimiter, quote=quote)
    cells = f'{quote}x,y{quote}{delimiter}z"\n1{delimiter}2\n'

    found = checked(plan, cells.encode())

    assert found.good["a"].to_list() == ["x,y", "1"]
    assert found.rows == 2


def test_lines_are_counted_where_values_hold_line_ends() -> None:
    found = checked(PLAN, b'"1\n1",2,3\n1,2,3,4\n\n"\r\n",2,3,4\n1,2,3,4\n')

    assert [(one.row, one.line) for one in found.problems] == [(1, 2), (3, 4), (4, 6)]


def test_large_cells_are_no_matter() -> None:
    found = checked(ONE, b"x" * 500_000 + b"\n" + b'"' + b"y\n" * 100_000 + b'"\n')

    assert [len(text) for text in found.good["a"].to_list()] == [500_000, 200_000]


@pytest.mark.parametrize(
    "data", [b"1,2,3\n", b'"1","2,2","3""3"\n4,,\n', b"1,2,3\r\n4,5,6\r\n", "ä,ö,ü\n".encode()]
)
def test_what_is_plain_is_read_by_polars(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("apps.importexport.domain.checking.tables.records")

    table = Tables(Shape(delimiter=",", quote='"', width=3)).table(data)

    assert table.total == data.count(b"\n")
