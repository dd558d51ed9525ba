"""CSV and TSV become one kind of file: the right values, or an error that says where."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from apps.importexport.adapters.reading import scanning
from apps.importexport.adapters.reading.plain import plain
from apps.importexport.adapters.reading.previewing import guess_in_zip, preview
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.guessing import guess
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import (
    SourceChoiceError,
    SourceEmptyError,
    SourceEncodingError,
    SourceProtectedError,
    SourceQuoteError,
    SourceTooLargeError,
    SourceUnreadableError,
)
from tests.importexport.formats.sources import Rows, read, rows_of

CSV = Dialect(format=Format.CSV)

#: The cases of csv-spectrum by their names, in our own words.
SPECTRUM: dict[str, tuple[str, Rows]] = {
    "comma_in_quotes": ('a,b\n1,"x, y"\n', [["a", "b"], ["1", "x, y"]]),
    "empty": ('a,b,c\n1,"",""\n2,3,4\n', [["a", "b", "c"], ["1", "", ""], ["2", "3", "4"]]),
    "empty_crlf": ('a,b\r\n1,""\r\n', [["a", "b"], ["1", ""]]),
    "escaped_quotes": ('a,b\n1,"ha ""ha"" ha"\n', [["a", "b"], ["1", 'ha "ha" ha']]),
    "json": (
        'key,val\n1,"{""type"": ""Point"", ""at"": [1.5, 0]}"\n',
        [["key", "val"], ["1", '{"type": "Point", "at": [1.5, 0]}']],
    ),
    "newlines": ('a,b\n"one\nmore",2\n', [["a", "b"], ["one\nmore", "2"]]),
    "newlines_crlf": ('a,b\r\n"one\r\nmore",2\r\n', [["a", "b"], ["one\r\nmore", "2"]]),
    "quotes_and_newlines": ('a,b\n1,"ha\n""ha""\nha"\n', [["a", "b"], ["1", 'ha\n"ha"\nha']]),
    "simple": ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    "simple_crlf": ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
    "utf8": ("a,b\n1,ʤ\n", [["a", "b"], ["1", "ʤ"]]),
}


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum(tmp_path: Path, name: str) -> None:
    text, (header, *rows) = SPECTRUM[name]

    found = read(tmp_path, text.encode())

    assert found.columns == tuple(header)
    assert rows_of(found) == rows
    assert found.path == tmp_path / "source"
    assert (found.first_line, found.row_is_line) == (2, False)


def test_a_source_that_is_plain_is_not_copied(tmp_path: Path) -> None:
    found = read(tmp_path, b'id;name\n1;"Ada;"\n')

    assert [path.name for path in tmp_path.iterdir()] == ["source"]
    assert (found.delimiter, found.offset, found.guarded) == (";", 8, True)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "id,name\r\n1,Žofie\r\n"),
        ("utf-16", "id,name\r\n1,Žofie\r\n"),
        ("utf-16-be", "id,name\r\n1,Jan\r\n"),
        ("iso-8859-2", "id,name\n1,Žofie Nováková\n2,Štěpán Dvořák z Třebové\n3,Taťána Mžíková\n"),
    ],
)
def test_each_encoding_becomes_utf_8(tmp_path: Path, encoding: str, text: str) -> None:
    found = read(tmp_path, text.encode(encoding))

    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert found.columns == ("id", "name")
    assert header == ["id", "name"]
    assert rows_of(found) == rows


def test_line_ends_may_be_of_three_kinds_in_one_file(tmp_path: Path) -> None:
    found = read(tmp_path, b'a,b\r1,2\r\n3,"x\ry"\n4,"x\r\ny"\r5,6', CSV)

    assert rows_of(found) == [["1", "2"], ["3", "x\ny"], ["4", "x\r\ny"], ["5", "6"]]
    # Lines are counted by LF: the record 4 began at the fifth line, and does.
    assert found.path.read_bytes().splitlines()[4].startswith(b"4,")


def test_rows_stay_ragged_and_empty_for_whoever_checks_them(tmp_path: Path) -> None:
    found = read(tmp_path, b"a,b\n1\n\n1,2,3\n,\n", CSV)

    assert rows_of(found) == [["1"], [], ["1", "2", "3"], ["", ""]]


def test_headers_are_made_names(tmp_path: Path) -> None:
    found = read(tmp_path, b'"a\nb",id,,id\n1,2,3,4\n', CSV)

    assert found.columns == ("a b", "id", "column 3", "id (2)")
    assert len(found.warnings) == 2
    assert (found.first_line, rows_of(found)) == (3, [["1", "2", "3", "4"]])


def test_the_header_may_stand_further_down_or_nowhere(tmp_path: Path) -> None:
    titled = read(tmp_path, b"Report\n\nid,name\n1,Ada\n")
    assert (titled.columns, titled.first_line) == (("id", "name"), 4)
    assert rows_of(titled) == [["1", "Ada"]]

    bare = read(
        tmp_path, "\ufeff1,Ada\n2,Bob,x\n".encode(), Dialect(format=Format.CSV, header_row=0)
    )
    assert bare.columns == ("column 1", "column 2", "column 3")
    assert (bare.first_line, bare.offset, bare.warnings) == (1, 3, ())
    assert rows_of(bare) == [["1", "Ada"], ["2", "Bob", "x"]]


def test_quotes_within_cells_are_characters(tmp_path: Path) -> None:
    found = read(tmp_path, b'size,name\n5",x\n6",y\n7 "a" 8,z\n"a"b,c\n', CSV)

    assert rows_of(found) == [['5"', "x"], ['6"', "y"], ['7 "a" 8', "z"], ["ab", "c"]]
    assert scanning.is_strict(found.path, delimiter=",", quote='"', limits=Limits())


def test_without_quotes_they_are_characters_like_others(tmp_path: Path) -> None:
    dialect = Dialect(format=Format.TSV, delimiter="\t", quote="")

    found = read(tmp_path, b'a\tb\n"1\t2"\n', dialect)

    assert (rows_of(found), found.quote) == ([['"1', '2"']], '"')


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'a,b\n1,2\n3,"x\n4,5\n', 3),
        (b'a,b\n"x\ny","never\n\n\n', 3),
        (b'a,b\n1,"', 2),
        (b'a,b\r\n1,"x\r\ny\r\n', 2),
    ],
)
def test_a_quote_that_is_never_closed_is_told_with_its_line(
    tmp_path: Path, text: bytes, line: int
) -> None:
    with pytest.raises(SourceQuoteError, match=f"opens at line {line} is never closed"):
        read(tmp_path, text, CSV)


def test_a_byte_of_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceEncodingError, match=r"line 3 is not utf-8 \(byte 0xE9\)"):
        read(tmp_path, b"a\nb\ncaf\xe9\n", CSV)
    with pytest.raises(SourceEncodingError, match="line 2 is not utf-8"):
        read(tmp_path, b"a\n\xc3", CSV)
    with pytest.raises(SourceEncodingError, match=r"line 2 is not windows-1252 \(byte 0x81\)"):
        read(tmp_path, b"a\n\x81", Dialect(format=Format.CSV, encoding="windows-1252"))
    with pytest.raises(SourceEncodingError, match="line 2 is not utf-16-le"):
        read(
            tmp_path,
            "a\nb".encode("utf-16-le")[:-1],
            Dialect(format=Format.CSV, encoding="utf-16-le"),
        )


def test_a_nul_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceEncodingError, match="line 3 has a NUL"):
        read(tmp_path, b"a\nb\nc\0\n", CSV)


def test_nothing_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SourceEmptyError):
        read(tmp_path, b"", CSV)
    with pytest.raises(SourceEmptyError, match="row 2 names no columns"):
        read(tmp_path, b"a\n\nb\n", Dialect(format=Format.CSV, header_row=2))
    with pytest.raises(SourceEmptyError, match="row 3 names no columns"):
        read(tmp_path, b"a\n1\n", Dialect(format=Format.CSV, header_row=3))


def test_only_signs_that_cut_are_taken(tmp_path: Path) -> None:
    for dialect in (
        Dialect(format=Format.CSV, delimiter=";;"),
        Dialect(format=Format.CSV, delimiter='"'),
        Dialect(format=Format.CSV, quote="\n"),
        Dialect(format=Format.CSV, encoding="rot13"),
        Dialect(format=Format.CSV, header_row=-1),
        Dialect(format=Format.XLSX, header_row=1_001),
    ):
        with pytest.raises(SourceChoiceError):
            read(tmp_path, b"a\n1\n", dialect)
        with pytest.raises(SourceChoiceError):
            preview(tmp_path / "source", dialect)


@pytest.mark.parametrize(
    ("text", "limits", "told"),
    [
        (b"a,b,c\n", Limits(columns=2), "has 3 columns, a table at most 2"),
        (b"a\n" + b"x" * 200, Limits(cell_characters=100), "more than 100 characters"),
        (b'a\n"' + b"x\n" * 200, Limits(cell_characters=100), "begins at line 2"),
        (b"a\n" + b"x," * 200, Limits(cell_characters=100, record_characters=300), "more than 300"),
        (b"a\n1\n", Limits(source_bytes=3), "has 4 bytes, at most 3"),
    ],
)
def test_limits_are_named(tmp_path: Path, text: bytes, limits: Limits, told: str) -> None:
    with pytest.raises(SourceTooLargeError, match=told):
        read(tmp_path, text, CSV, limits=limits)


@given(st.text(alphabet='a,"\r\n', max_size=30), st.integers(min_value=1, max_value=40))
def test_what_comes_out_is_what_the_standard_library_reads(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int
) -> None:
    folder = tmp_path_factory.mktemp("any", numbered=True)
    dialect = Dialect(format=Format.CSV, header_row=0)
    expected = [
        [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in record]
        for record in csv.reader(io.StringIO(text, newline=""))
    ]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scanning, "BLOCK_BYTES", block)
        try:
            found = read(folder, text.encode(), dialect)
        except (SourceQuoteError, SourceEmptyError):
            return
        assert scanning.is_strict(found.path, delimiter=",", quote='"', limits=Limits())

    rows = [[cell.replace("\r\n", "\n") for cell in record] for record in rows_of(found)]
    assert rows == expected
    # Whoever cuts the file where quotes are even has the same records.
    lines, records, open_ = found.path.read_bytes().decode().splitlines(keepends=True), 0, False
    for line in lines:
        open_ ^= line.count('"') % 2 == 1
        records += not open_
    assert records == len(expected)


@pytest.mark.parametrize("compression", [Compression.GZIP, Compression.ZSTD, Compression.ZIP])
def test_what_is_packed_is_unpacked(tmp_path: Path, compression: Compression) -> None:
    text = "id,name\n" + "".join(f"{at},{'é' * 9}\n" for at in range(200_000))
    packed = _packed(text.encode(), compression)

    found = read(tmp_path, packed)

    assert guess(packed, name="x").compression is compression
    assert found.columns == ("id", "name")
    assert found.path.read_bytes() == text.encode()


@pytest.mark.parametrize("compression", [Compression.GZIP, Compression.ZSTD, Compression.ZIP])
def test_what_is_cut_off_or_damaged_is_told(tmp_path: Path, compression: Compression) -> None:
    packed = _packed(bytes(range(33, 127)) * 2_000 + b"\n", compression)
    dialect = Dialect(format=Format.CSV, compression=compression)

    for broken in (packed[:-9], packed[: len(packed) // 2], packed[:40] + b"xxxx" + packed[44:]):
        with pytest.raises(SourceUnreadableError):
            read(tmp_path, broken, dialect)


@pytest.mark.parametrize("compression", [Compression.GZIP, Compression.ZSTD, Compression.ZIP])
def test_a_bomb_is_left_off(tmp_path: Path, compression: Compression) -> None:
    packed = _packed(b"a\n" * 1_000_000, compression)
    limits = Limits(unpacked_bytes=1_000_000)

    with pytest.raises(SourceTooLargeError, match="unpacks to more than 1,000,000"):
        read(tmp_path, packed, Dialect(format=Format.CSV, compression=compression), limits=limits)

    assert (tmp_path / "unpacked.csv").stat().st_size <= 1_000_000


def test_frames_and_members_follow_each_other(tmp_path: Path) -> None:
    for pack in (gzip.compress, zstandard.compress):
        assert rows_of(read(tmp_path, pack(b"a\n1\n") + pack(b"2\n"))) == [["1"], ["2"]]


def test_of_a_zip_with_several_files_one_is_named(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("__MACOSX/._one.csv", b"x")
        packed.writestr("one.csv", b"a\n1\n")
        packed.writestr("two.csv", b"a\n2\n")
    dialect = Dialect(format=Format.CSV, compression=Compression.ZIP)

    with pytest.raises(SourceChoiceError, match=r"name one of 'one\.csv', 'two\.csv'"):
        read(tmp_path, out.getvalue(), dialect)
    named = Dialect.of(dialect.told() | {"member": "two.csv"})
    assert rows_of(read(tmp_path, out.getvalue(), named)) == [["2"]]
    assert preview(tmp_path / "source", named).rows == (("2",),)
    shown = preview(tmp_path / "source", dialect)
    assert (shown.members, shown.rows) == (("one.csv", "two.csv"), (("1",),))
    assert shown.warnings == ("the zip holds 2 files, this is 'one.csv': choose one",)
    with pytest.raises(SourceChoiceError, match="no file 'three'"):
        read(tmp_path, out.getvalue(), Dialect.of(dialect.told() | {"member": "three"}))


@pytest.mark.parametrize("said", ["", "data/table.csv"])
def test_what_lies_beside_the_table_in_a_zip_is_not_taken_for_it(tmp_path: Path, said: str) -> None:
    source = tmp_path / "source"
    with zipfile.ZipFile(source, "w") as packed:
        packed.writestr("data/", b"")
        packed.writestr("README.txt", b"Tables of airports, as of today\n")
        packed.writestr("data/table.csv", b"a;b\n1;2\n")

    found = guess_in_zip(source, said)

    assert (found.member, found.delimiter) == ("data/table.csv", ";")
    shown = preview(source, found)
    assert (shown.members, shown.rows) == (("data/table.csv", "README.txt"), (("1", "2"),))
    assert shown.warnings == ()
    assert rows_of(read(tmp_path, source.read_bytes(), found)) == [["1", "2"]]


def test_of_several_tables_in_a_zip_none_is_chosen(tmp_path: Path) -> None:
    source = tmp_path / "source"
    with zipfile.ZipFile(source, "w") as packed:
        packed.writestr("one.csv", b"a;b\n1;2\n")
        packed.writestr("two.csv", b"a,b\n1,2\n")

    assert [guess_in_zip(source, one).member for one in ("", "two.csv")] == ["", "two.csv"]
    assert [guess_in_zip(source, one).delimiter for one in ("", "two.csv")] == [";", ","]


def test_a_zip_with_a_password_is_told(tmp_path: Path) -> None:
    packed = bytearray(_packed(b"a\n1\n", Compression.ZIP))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(magic) + at] |= 1

    with pytest.raises(SourceProtectedError, match="takes a password"):
        read(tmp_path, bytes(packed), Dialect(format=Format.CSV, compression=Compression.ZIP))


def test_a_zip_with_a_directory_without_end_is_not_read(tmp_path: Path) -> None:
    packed = bytearray(_packed(b"a\n1\n", Compression.ZIP))
    at = packed.index(b"PK\x05\x06") + 12
    packed[at : at + 4] = (500_000_000).to_bytes(4, "little")

    with pytest.raises(SourceTooLargeError, match="at most 10,000 files"):
        read(tmp_path, bytes(packed), Dialect(format=Format.CSV, compression=Compression.ZIP))


def test_a_preview_reads_the_beginning_alone(tmp_path: Path) -> None:
    source = tmp_path / "long.csv"
    with source.open("wb") as file:
        file.write(b"id,name\n" + b"".join(b"%d,Ada\n" % at for at in range(100_000)))
        file.truncate(5_000_000_000)
    with source.open("rb") as file:
        dialect = guess(file.read(256_000), name=source.name)

    shown = preview(source, dialect, rows=3)

    assert shown.columns == ("id", "name")
    assert shown.rows == (("0", "Ada"), ("1", "Ada"), ("2", "Ada"))


def test_a_preview_shows_what_can_be_shown(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"id,id\n\n1,caf\xe9\n" + b'2,"' + b"x" * 300_000)

    shown = preview(source, CSV)

    assert shown.columns == ("id", "id (2)")
    assert shown.rows == (("1", "caf\ufffd"),)
    assert len(shown.warnings) == 1


def _packed(content: bytes, compression: Compression) -> bytes:
    if compression is Compression.GZIP:
        return gzip.compress(content)
    if compression is Compression.ZSTD:
        return zstandard.ZstdCompressor(write_checksum=True).compress(content)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.csv", content)
    return out.getvalue()


def test_the_same_source_gives_the_same_file(tmp_path: Path) -> None:
    dialect = Dialect(format=Format.CSV, encoding="windows-1252")
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "source").write_bytes(b'a,b\r1,"caf\xe9\r"\n')
        made.append(plain(folder / "source", dialect, folder=folder).path.read_bytes())

    assert made[0] == made[1] == 'a,b\n1,"café\n"\n'.encode()
