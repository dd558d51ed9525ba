"""A source in pieces: whole records, wherever the pieces are cut."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.importexport.domain import chunks as module
from apps.importexport.domain.chunks import EndlessRecordError, chunks, record_ends

CELL = st.text(alphabet='ab"\n,é', max_size=6)


def written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


def pieces(data: bytes, size: int, offset: int = 0) -> list[tuple[int, bytes]]:
    found = chunks(io.BytesIO(data), offset=offset, quote='"', size=size)
    return [(one.offset, one.data) for one in found]


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8), st.integers(1, 40))
def test_pieces_are_whole_records_and_together_the_source(rows: list[list[str]], size: int) -> None:
    data = written(rows)

    found = pieces(data, size)

    assert b"".join(piece for _, piece in found) == data
    read = [
        row for _, piece in found for row in csv.reader(io.StringIO(piece.decode(), newline=""))
    ]
    assert read == rows


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8), st.integers(1, 40))
def test_from_the_beginning_of_any_piece_the_pieces_are_the_same(
    rows: list[list[str]], size: int
) -> None:
    data = written(rows)
    found = pieces(data, size)

    for number, (offset, _) in enumerate(found):
        assert pieces(data, size, offset) == found[number:]


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8))
def test_the_records_of_a_piece_are_told_apart(rows: list[list[str]]) -> None:
    data = written(rows)

    ends = record_ends(data, '"')

    records = [data[at:end] for at, end in zip([0, *ends], ends, strict=False)]
    assert [next(csv.reader(io.StringIO(one.decode(), newline=""))) for one in records] == rows


def test_the_last_record_needs_no_line_end() -> None:
    assert pieces(b'a,b\n"c\nd",e', 5) == [(0, b"a,b\n"), (4, b'"c\nd",e')]
    assert record_ends(b'a,b\n"c\nd",e', '"') == [4, 12]


def test_without_a_quote_every_line_is_a_record() -> None:
    found = chunks(io.BytesIO(b'a"\nb\n'), offset=0, quote="", size=3)

    assert [one.data for one in found] == [b'a"\n', b"b\n"]
    assert record_ends(b'a"\nb\n', "") == [3, 5]


def test_a_quote_that_is_never_closed_is_no_reason_to_read_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_RECORD_BYTES", 20)

    with pytest.raises(EndlessRecordError, match="the record at byte 4 does not end"):
        pieces(b"a,b\n" + b'"' + b"c\n" * 100, 10)


def test_the_first_piece_may_be_shorter_and_the_others_are_what_they_would_be() -> None:
    data = b"".join(b"%d,x\n" % at for at in range(100, 110))

    found = [one.data for one in chunks(io.BytesIO(data), offset=0, quote='"', size=18, first=7)]

    assert found[0] == b"100,x\n"
    assert found[1:] == [one for _, one in pieces(data, 18, 6)]
