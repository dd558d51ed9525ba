"""Whatever bytes come: a table, or an error of ours."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.importexport.adapters.reading.plain import plain
from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.encodings import ENCODINGS
from apps.importexport.domain.formats.guessing import guess
from apps.importexport.errors import SourceRefusedError
from tests.importexport.formats.sources import rows_of

MAGIC = [
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"\xff\xfe",
]
BYTES = st.binary(max_size=80) | st.text(alphabet='{}[]":,a1;\t"\r\n\\u0d8é', max_size=60).map(
    str.encode
)


def judged(folder: pytest.TempPathFactory, content: bytes, dialect: Dialect) -> None:
    into = folder.mktemp("any")
    source = into / "source"
    source.write_bytes(content)
    with suppress(SourceRefusedError):
        shown = preview(source, dialect)
        assert len(set(shown.columns)) == len(shown.columns)
    with suppress(SourceRefusedError):
        found = plain(source, dialect, folder=into)
        assert found.columns
        assert rows_of(found) is not None


@given(st.sampled_from(MAGIC), BYTES, st.sampled_from([Format.CSV, Format.TSV, Format.JSONL]))
@settings(max_examples=40)
def test_text_of_any_kind(
    tmp_path_factory: pytest.TempPathFactory, magic: bytes, rest: bytes, form: Format
) -> None:
    content = magic + rest
    judged(tmp_path_factory, content, guess(content, name="x"))
    for compression in Compression:
        judged(tmp_path_factory, content, Dialect(format=form, compression=compression))


@given(BYTES, st.sampled_from(ENCODINGS), st.sampled_from(["", '"', "'"]), st.integers(0, 3))
def test_text_in_any_encoding(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str, quote: str, row: int
) -> None:
    dialect = Dialect(format=Format.CSV, encoding=encoding, quote=quote, header_row=row)

    judged(tmp_path_factory, content, dialect)


@given(st.sampled_from(MAGIC), BYTES, st.sampled_from([Format.XLSX, Format.ODS, Format.PARQUET]))
@settings(max_examples=20)
def test_books_of_any_kind(
    tmp_path_factory: pytest.TempPathFactory, magic: bytes, rest: bytes, form: Format
) -> None:
    judged(tmp_path_factory, magic + rest, Dialect(format=form))
