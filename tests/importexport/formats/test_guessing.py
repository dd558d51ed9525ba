"""What a file seems to be, by its beginning."""

import gzip
import io
import json
import zipfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.encodings import ENCODINGS, encoding_of
from apps.importexport.domain.formats.guessing import guess
from apps.importexport.domain.formats.headers import unique_names

CSV = "id,name,price\n1,Ada,1.50\n2,Bob,2.50\n"
GERMAN = "Straße,Größe\nMüllerstraße 5,groß\nKöln-Süd,übermäßig\nÄrztehaus,läßt grüßen\n"
CZECH = (
    "jméno,město\nŽofie Nováková,Česká Třebová\nŠtěpán Dvořák,Plzeň\nTomáš Říha,Ústí nad Labem\n"
    "Zdeněk Šťastný,Žďár nad Sázavou\nTaťána Mžíková,Liberec\nKateřina Lišková,Příbram\n"
)
RUSSIAN = "имя,город\nЮлия Толстая,Ижевск\nПётр Безухов,Липецк\nИлья Немов,Липецк\n"  # noqa: RUF001


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("delimiter", "form"),
    [(",", Format.CSV), (";", Format.CSV), ("|", Format.CSV), ("\t", Format.TSV)],
)
def test_the_delimiter_is_the_one_that_cuts_all_lines_alike(delimiter: str, form: Format) -> None:
    text = f'id{delimiter}"a; b, c"{delimiter}price\n1{delimiter}"x, y"{delimiter}1.5\n' * 9

    found = guess(text.encode(), name="data.csv")

    assert (found.format, found.delimiter, found.quote) == (form, delimiter, '"')


def test_single_quotes_are_seen() -> None:
    found = guess(b"'id','name'\n'1','a,b'\n'2','it''s'\n", name="x.csv")

    assert (found.quote, found.delimiter) == ("'", ",")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (CSV, 1),
        ("Sales report\n\nid,name,price\n1,Ada,1.5\n", 3),
        ("1,Ada,1.50\n2,Bob,2.50\n", 0),
        ("country,2019,2020\nAT,1,2\nDE,3,4\n", 1),
        ("2024-01-01,5\n2024-01-02,6\n", 0),
        ("name\nAda\nBob\n", 1),
        ("id,,price\n1,Ada,1.5\n", 1),
        ("", 1),
    ],
)
def test_the_header_is_the_first_row_of_names(text: str, row: int) -> None:
    assert guess(text.encode(), name="x.csv").header_row == row


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", CZECH),
        ("utf-16-le", CSV),
        ("utf-16-be", CSV),
        ("iso-8859-1", GERMAN),
        ("windows-1252", GERMAN + "“Zitat”,5 €\n"),
        ("iso-8859-2", CZECH),
        ("windows-1250", CZECH),
        ("windows-1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("shift_jis", "名前,町\n" + "東京都,日本語のテスト\n" * 3_000),
        ("gb18030", "名字,城市\n" + "北京市,中文测试内容\n" * 3_000),
    ],
)
def test_the_encoding_is_guessed_so_that_the_text_is_right(encoding: str, text: str) -> None:
    found = encoding_of(text.encode(encoding))

    assert text.encode(encoding).decode(found) == text
    assert found in ENCODINGS
    # A beginning may end within a line, and within a character.
    assert encoding_of(text.encode(encoding)[:-3]) == found


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_of_byte_order_says_it(encoding: str) -> None:
    found = guess(CSV.encode(encoding), name="x.csv")

    assert found.encoding == {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}[encoding]
    assert found.delimiter == ","


def test_a_character_that_the_sample_ends_within_is_no_other_encoding() -> None:
    assert encoding_of("é".encode()[:1] * 0 + b"a,b\n" + "é".encode()[:1]) == "utf-8"


def test_lines_of_json_are_told_by_the_first() -> None:
    line = json.dumps({"id": 1}).encode()

    assert guess(line + b"\n" + line, name="x").format is Format.JSONL
    assert guess(b'{"id": ', name="x.jsonl").format is Format.JSONL
    assert guess(b"{a},{b}\n", name="x.csv").format is Format.CSV


def test_what_is_packed_is_looked_into() -> None:
    plain = guess(CSV.encode(), name="x.csv")
    jsonl = b'{"a":1}\n'

    assert guess(gzip.compress(CSV.encode()), name="x.csv.gz") == replace(
        plain, compression=Compression.GZIP
    )
    assert guess(zstandard.compress(jsonl), name="x.zst") == Dialect(
        format=Format.JSONL, compression=Compression.ZSTD
    )
    assert guess(zipped({"x.csv": CSV.encode()}), name="x.zip") == replace(
        plain, compression=Compression.ZIP
    )


def test_workbooks_and_columns_are_told_by_their_first_bytes() -> None:
    parquet = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), parquet)
    book = zipped({"[Content_Types].xml": b"<Types/>"})
    ods = io.BytesIO()
    with zipfile.ZipFile(ods, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    assert guess(parquet.getvalue(), name="x").format is Format.PARQUET
    assert guess(book, name="x").format is Format.XLSX
    assert guess(ods.getvalue(), name="x").format is Format.ODS
    assert guess(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", name="x.xls").format is Format.XLSX
    assert guess(gzip.compress(book), name="x.gz").format is Format.XLSX


@given(
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"{", b"\xff\xfe"]
    ),
    st.binary(max_size=200),
    st.text(max_size=9),
)
def test_rubbish_is_something_too(magic: bytes, rest: bytes, name: str) -> None:
    found = guess(magic + rest, name=name)

    assert Dialect.of(found.told()) == found
    assert found.encoding in ENCODINGS


def test_bombs_are_not_unpacked_for_a_guess() -> None:
    zeros = bytes(20_000_000)

    for packed in (gzip.compress(zeros), zstandard.compress(zeros), zipped({"x.csv": zeros})):
        assert guess(packed, name="x").format is Format.CSV
    assert guess(gzip.compress(gzip.compress(zeros)), name="x").format is Format.CSV


def test_names_are_made_unique_and_told_of() -> None:
    names, warnings = unique_names([" id ", "name", "", "name", "name (2)", "a\nb", "column 3"])

    assert names == ("id", "name", "column 3 (2)", "name (3)", "name (2)", "a b", "column 3")
    assert warnings == (
        "column 3 has no name in the header: it is called 'column 3 (2)'",
        "the header names 'name' twice: column 4 is called 'name (3)'",
    )


@given(st.lists(st.sampled_from(["", "a", "a (2)", "column 1", "column 2 (2)"]), max_size=8))
def test_no_two_names_are_alike(header: list[str]) -> None:
    names, _ = unique_names(header)

    assert len(set(names)) == len(names) == len(header)
    assert all(names)
