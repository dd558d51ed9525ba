"""An empty text and no value: told apart wherever a format or a program can."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.importexport.domain.checking.plans import Plan
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.empty_texts import (
    Lines,
    marked,
    told_apart,
    unmarked,
)
from apps.importexport.domain.formats.guessing import guess
from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.transforms.texts import Default, Trim
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, codes, plan_of
from tests.importexport.formats.sources import BOOK, read, sheet, text, xlsx

FIELDS = (Field(name="a"), Field(name="b"), Field(name="c"))
CELLS = (
    st.none()
    | st.sampled_from(["", "x", '"', '""', ",", "a,b", "\n", "'"])
    | st.text(alphabet='a,"\n\r', max_size=5)
)


def kept(folder: Path, content: bytes, dialect: Dialect | None = None) -> list[tuple[Any, ...]]:
    """Return what an import would keep of a source, by both ways of checking."""
    found = read(folder, content, dialect)
    plan = Plan(
        columns=found.columns,
        mapping=tuple(Column(field=name, source=name) for name in found.columns),
        fields=tuple(Field(name=name) for name in found.columns),
        delimiter=found.delimiter,
        quote=found.quote,
        empty_texts=found.empty_texts,
        guarded=found.guarded,
    )
    good = checked(plan, found.path.read_bytes()[found.offset :]).good
    return [row[1:] for row in good.rows()]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
@example([["", None, '""', ""], [None, '"', ""]])
def test_what_is_written_is_read_again(records: list[list[str | None]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(map(marked, records))
    lines = Lines(io.StringIO(unmarked(out.getvalue()), newline=""))

    found = [
        told_apart(cells, lines.since(), delimiter=",", quote='"') for cells in csv.reader(lines)
    ]

    assert found == records


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'a,b,c\nx,"",\n', [("x", "", None)]),
        (b'a,b,c\r\n"","",x\r\n', [("", "", "x")]),
        (b'a;b;c\nx;"";\n', [("x", "", None)]),
        ('a,b,c\nä,"",\n'.encode("utf-16"), [("ä", "", None)]),
        # Quotes within cells, and ends of lines that are mixed: it is written anew.
        (b'a,b,c\n5" x,"",\r\n"","p\nq",\r', [('5" x', "", None), ("", "p\nq", None)]),
        (b'a,b,c\n"x, ""y""","",\r', [('x, "y"', "", None)]),
        # A program that quotes all.
        (b'"a","b","c"\n"x","",""\n', [("x", None, None)]),
        # One that quotes texts, and nothing where there is none.
        (b'"a","b","c"\n"x","",\n', [("x", "", None)]),
        # Short records have nothing where they end.
        (b'a,b,c\nx,""\n', [("x", "", None)]),
    ],
)
def test_two_quotes_are_an_empty_text(
    tmp_path: Path, content: bytes, rows: list[tuple[Any, ...]]
) -> None:
    assert kept(tmp_path, content) == rows


def test_it_may_be_said_otherwise(tmp_path: Path) -> None:
    content = b'"a","b","c"\n"x","",""\n'

    said = kept(tmp_path, content, Dialect(format=Format.CSV, empty_texts=True))
    unsaid = kept(tmp_path, content, Dialect(format=Format.CSV, empty_texts=False))

    assert (said, unsaid) == ([("x", "", "")], [("x", None, None)])


@pytest.mark.parametrize(
    ("header", "tells"),
    [
        (b"a,b", True),
        (b'"a",b', True),
        (b'"a","b"', False),
        (b'"a","b\nc"', False),
        (b'Title\n"a","b"', False),
    ],
)
def test_a_program_that_quotes_every_name_quotes_what_is_not_there(
    header: bytes, tells: bool
) -> None:
    dialect = guess(header + b'\n"x",""\n"y",""\n', name="source.csv")

    assert dialect.empty_texts is tells


def test_json_lines_and_parquet_tell_them_apart(tmp_path: Path) -> None:
    rows = [{"a": "x", "b": "", "c": None}, {"a": "y", "b": None, "c": ""}]
    lines = "\n".join(map(json.dumps, rows)).encode()
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)

    wanted = [("x", "", None), ("y", None, "")]
    assert kept(tmp_path, lines) == wanted
    assert kept(tmp_path, out.getvalue(), Dialect(format=Format.PARQUET)) == wanted


def test_a_return_within_a_text_ends_no_record(tmp_path: Path) -> None:
    lines = b'{"a": "x\\ry", "b": ""}\n{"a": "\\r", "b": null}\n'

    assert kept(tmp_path, lines) == [("x\ry", ""), ("\r", None)]


def test_an_empty_cell_of_a_sheet_is_no_value(tmp_path: Path) -> None:
    book = xlsx(sheet(text("A1", "a") + text("B1", "b"), text("A2", "x") + text("B2", "")))

    assert kept(tmp_path, book, BOOK) == [("x", None)]


def test_of_every_kind_but_text_both_are_no_value_and_what_is_required_takes_neither() -> None:
    others = [Field(name=kind, kind=kind) for kind in Kind if kind is not Kind.TEXT]
    first, last = Field(name="first"), Field(name="last", required=True)
    plan = plan_of(first, *others, last, empty_texts=True)
    quoted = "x," + '"",' * len(others)

    found = checked(plan, f'{quoted}x\n{quoted}""\n{quoted}\n'.encode())

    assert found.good.rows() == [(0, "x", *[None] * len(others), "x")]
    assert codes(found) == [(1, "last", "REQUIRED"), (2, "last", "REQUIRED")]


def test_rules_of_texts_hold_for_an_empty_one() -> None:
    plan = plan_of(
        Field(name="a", min_length=1),
        Field(name="b", pattern="x+"),
        Field(name="c", choices=("x",)),
        empty_texts=True,
    )

    found = checked(plan, b'"","",""\nx,"",\n,,"x"\n"",,x\n')

    assert codes(found) == [(1, "b", "NO_MATCH"), (3, "a", "TOO_SHORT")]
    assert found.blank == 1


def test_transforms_take_both_for_nothing_and_one_makes_an_empty_text() -> None:
    mapping = (
        Column(field="a", source="a", transforms=(Trim(),)),
        Column(field="b", source="b", transforms=(Default(text=""),)),
        Column(field="c", source="c", transforms=(Default(text="none"),)),
    )
    plan = plan_of(*FIELDS, mapping=mapping, empty_texts=True)

    found = checked(plan, b'" ",x,""\n"",,\nx,"",y\n')

    assert found.good.rows() == [(0, None, "x", "none"), (2, "x", "", "y")]
