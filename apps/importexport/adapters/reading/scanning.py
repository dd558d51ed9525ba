"""Whether a file is CSV as RFC 4180 has it: what every reader cuts in the same places."""

import codecs
from pathlib import Path

from apps.importexport.adapters.reading.transcoding import not_of
from apps.importexport.adapters.reading.unpacking import BLOCK_BYTES
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import SourceEncodingError


def is_strict(path: Path, *, delimiter: str, quote: str, limits: Limits) -> bool:
    """Say whether quotes stand around whole cells, and lines end by LF or CRLF.

    Raises SourceEncodingError for what is no UTF-8, and for a NUL, each with its line.
    """
    text = _Text()
    cells = _Cells(delimiter.encode(), quote.encode(), limits)
    strict = True
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if block.endswith(b"\r"):
                block += file.read(1)
            text.take(block)
            strict = strict and cells.take(block)
        text.end()
    return strict and cells.end()


class _Text:
    """Looks at bytes as UTF-8, and counts lines."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._lines = 1

    def take(self, block: bytes) -> None:
        if not block.isascii() or self._decoder.getstate()[0]:
            self._decode(block)
        if b"\0" in block:
            line = self._lines + _line_ends(block[: block.index(b"\0")])
            raise SourceEncodingError(
                f"line {line:,} has a NUL byte, which is no text: choose the encoding UTF-16 if it"
                " is in that, or take the byte away"
            )
        self._lines += _line_ends(block)

    def end(self) -> None:
        self._decode(b"", final=True)

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            line = self._lines + _line_ends(error.object[: error.start])
            raise not_of("utf-8", line, error.object[error.start]) from None


def _line_ends(data: bytes) -> int:
    ends = data.count(b"\n")
    return ends + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else ends


class _Cells:
    """Looks at quotes, whole records at a time."""

    def __init__(self, delimiter: bytes, quote: bytes, limits: Limits) -> None:
        self._quote = quote
        self._edges = tuple(bytes([one]) for one in delimiter + b"\r\n")
        self._longest = limits.cell_characters
        self._rest = b""

    def take(self, block: bytes) -> bool:
        if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
            return False
        if not self._quote and b'"' in block:
            # Without a quote around cells this is nothing; the rewritten file has it around some.
            return False
        data = self._rest + block if self._rest else block
        pieces = data.split(self._quote) if self._quote else [data]
        records, self._rest = self._whole(pieces)
        size = len(data) - len(self._rest)
        return (
            len(self._rest) <= self._longest
            and self._judged(records)
            and self._short(data[:size], records)
        )

    def end(self) -> bool:
        """Say whether the last record, which may have no end of line, is as the others."""
        return not self._quote or self._judged(self._rest.split(self._quote))

    def _whole(self, pieces: list[bytes]) -> tuple[list[bytes], bytes]:
        """Return the pieces of whole records, which end outside of quotes, and what is left."""
        for at in range((len(pieces) - 1) & ~1, -1, -2):
            piece = pieces[at]
            if end := piece.rfind(b"\n") + 1:
                rest = self._quote.join([piece[end:], *pieces[at + 1 :]])
                return [*pieces[:at], piece[:end]], rest
        return [], self._quote.join(pieces)

    def _judged(self, pieces: list[bytes]) -> bool:
        """Say whether what is outside of quotes begins and ends where cells do."""
        if len(pieces) < 2:
            return True
        if len(pieces) % 2 == 0:
            return False
        edges, first, last = self._edges, pieces[0], pieces[-1]
        if first and not first.endswith(edges) and first != codecs.BOM_UTF8:
            return False
        if last and not last.startswith(edges):
            return False
        # Between two quotes of a cell is nothing. All others at once: there may be millions.
        between = pieces[2:-1:2]
        told = self._quote.join([b"", *between, b""])
        cells = len(between) - between.count(b"")
        return (
            cells
            == sum(told.count(self._quote + edge) for edge in edges)
            == sum(told.count(edge + self._quote) for edge in edges)
        )

    def _short(self, data: bytes, pieces: list[bytes]) -> bool:
        """Say whether no cell is too long: by its line, or by what is in quotes, up to twice."""
        if len(data) <= self._longest:
            return True
        return (
            max(map(len, pieces)) <= self._longest
            or max(map(len, data.split(b"\n"))) <= self._longest
        )
