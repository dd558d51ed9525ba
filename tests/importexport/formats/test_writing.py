"""Tables are written in every format, and are the same when they are read again."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.adapters.writing import ods, xlsx
from apps.importexport.adapters.writing.files import table_file
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.formulas import unguarded
from apps.importexport.errors import ValueUnwritableError
from contracts.datasets import Field, Kind, Row
from kernel.errors import InvalidInputError
from tests.importexport.formats.sources import read, rows_of

FIELDS = [Field(name=str(kind), kind=kind) for kind in Kind]
ROWS: list[Row] = [
    {
        "text": " =1+1 <&>\t\u00e9\U0001f600\nline ",
        "integer": 123456789012345,
        "decimal": "-12.50",
        "boolean": True,
        "date": "2024-02-29",
        "datetime": "2024-02-29T10:30:05.000123+00:00",
        "uuid": "0b7e5f0a-6d0e-4b8f-9c53-0d7f1f3f5a11",
        "json": {"a": [1, None, "\u00e9"]},
    },
    {
        "text": "00012345678901234567",
        "integer": -9007199254740993,
        "decimal": "12345678901234567890.123456789",
        "boolean": False,
        "date": "1873-01-01",
        "datetime": "1999-12-31T23:59:59+00:00",
        "uuid": None,
        "json": "a text",
    },
    {"text": "'=1", "integer": 0, "json": []},
    {"text": "-5", "decimal": "0"},
    {"text": "  two  spaces  "},
]


def written(
    rows: list[Row],
    form: Format,
    compression: Compression = Compression.NONE,
    *,
    fields: list[Field] = FIELDS,
    **more: Any,
) -> bytes:
    out = io.BytesIO()
    with table_file(out, format=form, compression=compression, fields=fields, **more) as table:
        for row in rows:
            table.write([row])
    return out.getvalue()


def value(text: str, kind: Kind, guarded: bool) -> Any:
    """Return what a checker makes of a text."""
    if text == "":
        return None
    if kind is Kind.INTEGER:
        return int(text)
    if kind is Kind.DECIMAL:
        return Decimal(text)
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}[text]
    if kind is Kind.JSON:
        return json.loads(text)
    return unguarded(text) if guarded else text


def sheet_of(content: bytes) -> Any:
    """Return the first sheet of a workbook, as openpyxl reads it."""
    return load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize("compression", [Compression.NONE, Compression.GZIP, Compression.ZSTD])
@pytest.mark.parametrize("form", Format)
def test_what_was_written_is_read_again(
    tmp_path: Path, form: Format, compression: Compression
) -> None:
    rows = [dict(row) for row in ROWS]
    if form is Format.JSONL:
        # There the JSON of a text is the text itself.
        rows[1]["json"] = 5
    content = written(rows, form, compression)

    found = read(tmp_path, content)

    assert found.columns == tuple(field.name for field in FIELDS)
    assert found.guarded is form.guarded
    told = [
        {
            field.name: value(text, field.kind, found.guarded)
            for field, text in zip(FIELDS, record, strict=True)
        }
        for record in rows_of(found)
    ]
    expected = [
        {
            field.name: Decimal(row[field.name])
            if field.kind is Kind.DECIMAL and field.name in row
            else row.get(field.name)
            for field in FIELDS
        }
        for row in rows
    ]
    assert told == expected
    assert content == written(rows, form, compression)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\ufffe\uffff"), min_size=1, max_size=12
) | st.text(alphabet="'=+-@ \t\n<&>\"_x0041\x01;,", min_size=1, max_size=9)


@given(st.lists(TEXTS, min_size=1, max_size=5))
@pytest.mark.parametrize("form", [Format.CSV, Format.TSV, Format.XLSX, Format.JSONL])
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, form: Format, texts: list[str]
) -> None:
    fields = [Field(name="id"), Field(name="text")]
    content = written([{"id": "x", "text": text} for text in texts], form, fields=fields)

    found = read(tmp_path_factory.mktemp("any"), content)

    read_again = [unguarded(text) if found.guarded else text for _, text in rows_of(found)]
    assert read_again == texts


def test_a_formula_is_guarded_where_spreadsheets_open_it() -> None:
    fields = [Field(name="a")]
    rows = [{"a": "=1"}]

    assert written(rows, Format.CSV, fields=fields) == b"a\r\n'=1\r\n"
    assert written(rows, Format.TSV, fields=fields) == b"a\r\n'=1\r\n"
    assert written(rows, Format.CSV, fields=fields, guard=False) == b"a\r\n=1\r\n"
    assert written(rows, Format.JSONL, fields=fields) == b'{"a":"=1"}\n'
    cell = sheet_of(written(rows, Format.XLSX, fields=fields))["A2"]
    assert (cell.value, cell.data_type) == ("'=1", "s")


def test_a_workbook_has_types(tmp_path: Path) -> None:
    sheet = sheet_of(written(ROWS, Format.XLSX))

    row = [cell.value for cell in sheet[2]]
    assert row[1:4] == [123456789012345, -12.5, True]
    assert row[4].date().isoformat() == "2024-02-29"
    # A number that would lose digits is its text.
    assert [cell.value for cell in sheet[3]][1:3] == [
        "-9007199254740993",
        "12345678901234567890.123456789",
    ]
    assert sheet["A1"].font.b


def test_parquet_has_types() -> None:
    table = pq.read_table(io.BytesIO(written(ROWS, Format.PARQUET)))

    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "int64",
        "string",
        "bool",
        "date32[day]",
        "timestamp[us, tz=UTC]",
        "string",
        "string",
    ]
    assert table["integer"].to_pylist()[:2] == [123456789012345, -9007199254740993]


@pytest.mark.parametrize(("form", "module"), [(Format.XLSX, xlsx), (Format.ODS, ods)])
def test_a_full_sheet_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Format, module: Any
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    fields = [Field(name="n", kind=Kind.INTEGER)]
    rows: list[Row] = [{"n": at} for at in range(5)]

    content = written(rows, form, fields=fields)

    (tmp_path / "source").write_bytes(content)
    dialects = [Dialect(format=form, sheet=name) for name in ("Table", "Table 2", "Table 3")]
    shown = [preview(tmp_path / "source", dialect) for dialect in dialects]
    assert shown[0].sheets == ("Table", "Table 2", "Table 3")
    assert [one.columns for one in shown] == [("n",)] * 3
    assert [one.rows for one in shown] == [(("0",), ("1",)), (("2",), ("3",)), (("4",),)]


@pytest.mark.parametrize(
    ("form", "field", "what", "told"),
    [
        (Format.XLSX, Field(name="a"), "x" * 32_768, r"row 2, a: a cell of a workbook"),
        (Format.ODS, Field(name="a"), "x" * 32_768, r"row 2, a: a cell of a workbook"),
        (Format.ODS, Field(name="a"), "\x01", r"row 2, a: an ODS holds no control"),
        (Format.XLSX, Field(name="a"), "\uffff", r"row 2, a: U\+FFFE and U\+FFFF"),
        (Format.PARQUET, Field(name="a", kind=Kind.INTEGER), 2**63, r"row 1, a: no integer"),
        (Format.PARQUET, Field(name="a", kind=Kind.DATE), "2024-02-30", r"row 1, a: no date"),
    ],
)
def test_what_has_no_place_in_a_format_is_told(
    form: Format, field: Field, what: Any, told: str
) -> None:
    with pytest.raises(ValueUnwritableError, match=told):
        written([{"a": what}], form, fields=[field])


def test_large_integers_are_whole_where_they_have_place() -> None:
    fields = [Field(name="a", kind=Kind.INTEGER)]

    assert written([{"a": 2**70}], Format.JSONL, fields=fields) == b'{"a":%d}\n' % 2**70
    assert written([{"a": 2**70}], Format.CSV, fields=fields) == b"a\r\n%d\r\n" % 2**70


def test_a_zip_is_not_written() -> None:
    with pytest.raises(InvalidInputError, match="gzip or zstd"):
        written([], Format.CSV, Compression.ZIP)


def test_compression_has_no_time_and_is_that_of_others() -> None:
    rows: list[Row] = [{"text": f"row {at}"} for at in range(1_000)]
    plain = written(rows, Format.CSV)

    packed = written(rows, Format.CSV, Compression.GZIP)
    assert gzip.decompress(packed) == plain
    assert packed[4:8] == bytes(4)
    zstd = written(rows, Format.CSV, Compression.ZSTD)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(zstd) == plain


def test_the_size_is_told_while_it_grows() -> None:
    out = io.BytesIO()

    with table_file(out, format=Format.JSONL, fields=[Field(name="a")]) as table:
        sizes = [table.size_bytes]
        for _ in range(2):
            table.write([{"a": "x"}])
            sizes.append(table.size_bytes)

    assert sizes == [0, 10, 20]


@pytest.mark.parametrize("form", Format)
def test_memory_does_not_grow_with_the_rows(form: Format) -> None:
    rows: list[Row] = [{"text": f"row {at}", "integer": at} for at in range(200)]

    class Nowhere(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return len(data)

    def peak(times: int) -> int:
        tracemalloc.start()
        with table_file(Nowhere(), format=form, fields=FIELDS[:2]) as table:  # type: ignore[arg-type]
            for _ in range(times):
                table.write(rows)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    batches = {Format.PARQUET: 100}.get(form, 20)
    small = peak(batches)

    assert peak(3 * batches) < small * 1.2 + 50_000


def _batches(rows: list[Row], size: int) -> Iterator[list[Row]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


@pytest.mark.parametrize("form", Format)
def test_how_rows_are_handed_over_changes_nothing(form: Format) -> None:
    rows: list[Row] = [{"text": f"row {at}", "integer": at} for at in range(1_203)]
    made = []
    for size in (1, 500, 2_000):
        out = io.BytesIO()
        with table_file(out, format=form, fields=FIELDS[:2]) as table:
            for batch in _batches(rows, size):
                table.write(batch)
        made.append(out.getvalue())

    assert made[0] == made[1] == made[2]
