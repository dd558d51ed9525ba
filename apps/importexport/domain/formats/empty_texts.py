"""An empty text and no value, told apart in CSV as PostgreSQL does it.

Two quotes are the one, nothing between delimiters is the other. The csv module neither writes nor
reads it so.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

#: None is no value.
Cells: TypeAlias = list[str | None]
#: Stands for an empty text until it is quoted. No text holds this.
MARK = "\0\ufdd0"


class _Written(Protocol):
    def write(self, text: str, /) -> object: ...


def marked(cells: Iterable[str | None]) -> Cells:
    """Return cells for the csv module to write, into what is `unmarked` then."""
    return [MARK if cell == "" else cell for cell in cells]


def unmarked(text: str) -> str:
    """Return what the csv module has written, with quotes for empty texts."""
    return text.replace(MARK, '""')


class Unmarking:
    """What the csv module writes to, where it is not `unmarked` in the end."""

    def __init__(self, out: _Written) -> None:
        self._out = out

    def write(self, text: str) -> None:
        """Write a record."""
        self._out.write(unmarked(text))


class Lines:
    """The lines of a text for the csv module, which tells them of each record it has read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._since: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._since.append(line)
        return line

    def since(self) -> str:
        """Return what was read since this was asked before."""
        record = "".join(self._since)
        self._since.clear()
        return record


def told_apart(cells: Sequence[str], record: str, *, delimiter: str, quote: str) -> Cells:
    """Return the cells that the csv module has read of a record, None for those of nothing."""
    if not quote or "" not in cells or quote * 2 not in record:
        return without_empty(cells)
    quoted = list(_empty_quotes(record, delimiter, quote))
    quoted += [False] * (len(cells) - len(quoted))
    return [cell if cell or is_text else None for cell, is_text in zip(cells, quoted, strict=False)]


def without_empty(cells: Sequence[str]) -> Cells:
    """Return cells of which no empty one is a text."""
    return [cell or None for cell in cells]


def _empty_quotes(record: str, delimiter: str, quote: str) -> Iterator[bool]:
    """Yield of each cell whether it is two quotes, cut where the csv module cuts."""
    at = 0
    while True:
        begin = at
        if record.startswith(quote, at):
            at = _closed(record, quote, at + 1)
        end = record.find(delimiter, at)
        yield record[begin : len(record) if end < 0 else end].rstrip("\r\n") == quote * 2
        if end < 0:
            return
        at = end + 1


def _closed(record: str, quote: str, at: int) -> int:
    """Return where a cell goes on behind its closing quote."""
    while (at := record.find(quote, at) + 1) and record.startswith(quote, at):
        at += 1
    return at or len(record)
