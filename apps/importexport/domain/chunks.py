"""A file of records in pieces that end where a record does, and the records in a piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: What is checked and committed together: rows enough for work on sets to pay, and a second's worth
#: of work to lose at most.
CHUNK_BYTES = 2_000_000
#: Where a record does not end by then, a quote was opened and never closed.
MOST_RECORD_BYTES = 16_000_000


class EndlessRecordError(Exception):
    """A record that begins at an offset has no end."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the record at byte {offset} does not end")
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Whole records."""

    data: bytes
    #: Where in the file it begins.
    offset: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + len(self.data)


def chunks(
    file: BinaryIO, *, offset: int, quote: str, size: int = CHUNK_BYTES, first: int = 0
) -> Iterator[Chunk]:
    """Yield the records from an offset on, at which one has to begin.

    Where a piece ends depends on where it begins and on nothing else: begun again at the beginning
    of any of them, the pieces are the same. The first may have another size. Raises
    EndlessRecordError.
    """
    mark = quote.encode()
    file.seek(offset)
    rest, usual, size = b"", size, first or size
    while True:
        # One record that is longer than a piece takes as many as it needs.
        more = file.read(size - len(rest) if len(rest) < size else size)
        data = rest + more
        if not more:
            if data:
                yield Chunk(data=data, offset=offset)
            return
        end = _last_end(data, mark)
        if end:
            yield Chunk(data=data[:end], offset=offset)
            size = usual
        elif len(data) > MOST_RECORD_BYTES:
            raise EndlessRecordError(offset)
        rest, offset = data[end:], offset + end


def _last_end(data: bytes, mark: bytes) -> int:
    """Return where the last whole record ends; 0 if there is none."""
    end = data.rfind(b"\n") + 1
    if not mark:
        return end
    # A line ends a record unless a quote is open, which is when there is an odd number of them.
    quotes = data.count(mark, 0, end)
    while quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(mark, before, end)
        end = before
    return end


def record_ends(data: bytes, quote: str) -> list[int]:
    """Return where each record of a piece ends."""
    mark = quote.encode()
    if data and not data.endswith(b"\n"):
        data += b"\n"
    ends, at, odd = [], 0, 0
    for line in data.split(b"\n")[:-1]:
        at += len(line) + 1
        if mark:
            odd ^= line.count(mark) & 1
        if not odd:
            ends.append(at)
    if odd:
        ends.append(at)
    return ends
