"""Lines of JSON become one kind of file."""

import gzip
import json
from pathlib import Path

import pytest

from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import (
    SourceEmptyError,
    SourceEncodingError,
    SourceTooLargeError,
    SourceUnreadableError,
)
from tests.importexport.formats.sources import read, rows_of

LINES = Dialect(format=Format.JSONL)


def test_values_are_texts_with_all_their_digits(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        b'\xef\xbb\xbf{"id": 12345678901234567890, "n": 1.10, "ok": true, "no": null}\r\n'
        b'\n{"id": -1e5, "text": "=1\\n\\u00e9", "deep": {"a": [1.50, {"b": "\\"", "c": false}]}}',
    )

    assert found.columns == ("id", "n", "ok", "no", "text", "deep")
    assert rows_of(found) == [
        ["12345678901234567890", "1.10", "true", "", "", ""],
        ["", "", "", "", "", ""],
        ["-1E+5", "", "", "", "=1\né", '{"a":[1.50,{"b":"\\"","c":false}]}'],
    ]
    assert (found.first_line, found.row_is_line, found.guarded) == (1, True, False)


def test_any_encoding_and_compression_is_read(tmp_path: Path) -> None:
    line = json.dumps({"a": "é"}, ensure_ascii=False)

    assert rows_of(read(tmp_path, gzip.compress(line.encode()))) == [["é"]]
    assert rows_of(read(tmp_path, line.encode("utf-16"))) == [["é"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.csv", "source"]


def test_a_key_that_comes_late_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [b'{"a": 1}'] * 999 + [b'{"b": 2}', b'{"c": 3}']

    with pytest.raises(SourceUnreadableError, match=r"line 1,001 has the key 'c'"):
        read(tmp_path, b"\n".join(lines), LINES)
    assert read(tmp_path, b"\n".join(lines[:-1]), LINES).columns == ("a", "b")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"a": 1', "line 2 is no JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1e999999999}', "1e999999999 is beyond all numbers"),
        (b'{"a": 1e99999999999999999999999}', "line 2 is no JSON"),
        (b"[1]", "line 2 is no object"),
        (b'{"a": ' + b"[" * 50_000, "line 2 is no JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "line 2 is no JSON"),
    ],
)
def test_what_is_no_object_is_told_with_its_line(tmp_path: Path, line: bytes, told: str) -> None:
    with pytest.raises(SourceUnreadableError, match=told):
        read(tmp_path, b'{"a": 1}\n' + line, LINES)


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceEncodingError, match="line 1 has a NUL"):
        read(tmp_path, b'{"a": "\\u0000"}', LINES)
    with pytest.raises(SourceEncodingError, match="line 2 is not utf-8"):
        read(tmp_path, b'{"a": 1}\n{"a": "\xe9"}', LINES)
    with pytest.raises(SourceEncodingError, match="line 1 has half of a character"):
        read(tmp_path, b'{"a": "\\ud800"}', LINES)


def test_limits_are_named(tmp_path: Path) -> None:
    for limits, told in (
        (Limits(columns=1), "has 2 columns"),
        (Limits(cell_characters=3), "line 1 has a value of more than 3 characters"),
        (Limits(record_characters=10), "line 1 has more than 10 bytes"),
    ):
        with pytest.raises(SourceTooLargeError, match=told):
            read(tmp_path, b'{"a": "long", "b": 1}', LINES, limits=limits)
    with pytest.raises(SourceEmptyError):
        read(tmp_path, b"", LINES)


def test_a_preview_shows_the_first_lines(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b'{"a": 1}\n' * 100_000 + b"rubbish")

    shown = preview(source, LINES, rows=2)

    assert (shown.columns, shown.rows) == (("a",), (("1",), ("1",)))
