"""CSV as people have it becomes CSV as RFC 4180 has it."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from apps.importexport.adapters.reading.transcoding import line_ends
from apps.importexport.domain.formats.dialects import Dialect
from apps.importexport.domain.formats.empty_texts import (
    Cells,
    Lines,
    Unmarking,
    marked,
    told_apart,
)
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import SourceQuoteError, SourceTooLargeError

QUOTE = '"'
_LONE_CR = re.compile(r"\r(?!\n)")


def rewrite(source: Path, target: Path, dialect: Dialect, limits: Limits) -> None:
    """Write the records of a file in UTF-8 anew; each begins at the line at which it did.

    Cells are what they were, but for a CR alone, which ends lines: within a cell it becomes LF.
    Raises SourceQuoteError, SourceTooLargeError.
    """
    # The reader has no other way to be told, and keeps it for the whole process.
    csv.field_size_limit(limits.cell_characters)
    with (
        source.open(encoding="utf-8-sig", newline="") as given,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        lines = _Lines(given, limits)
        writer = csv.writer(
            Unmarking(out), delimiter=dialect.delimiter, quotechar=QUOTE, lineterminator="\n"
        )
        writer.writerows(_records(lines, dialect))


class _Lines:
    """The lines of a text, with any of the three ends; says when it has no more."""

    def __init__(self, text: TextIO, limits: Limits) -> None:
        self._text = text
        self._most = limits.record_characters
        self.count = 0
        self.ended = False
        self.in_record = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._most)
        if not line:
            self.ended = True
            raise StopIteration
        self.count += 1
        self.in_record += len(line)
        if self.in_record >= self._most:
            raise SourceTooLargeError(
                f"the record that ends at or after line {self.count:,} has more than"
                f" {self._most:,} characters: choose the quote, or the delimiter, anew"
            )
        return line


def _records(lines: _Lines, dialect: Dialect) -> Iterator[Cells]:
    kept = Lines(lines)
    reader = csv.reader(
        kept,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    began = 1
    try:
        for record in reader:
            if lines.ended:
                raise _unclosed(record, lines.count)
            began, lines.in_record = lines.count + 1, 0
            cells = told_apart(
                record, kept.since(), delimiter=dialect.delimiter, quote=dialect.quote
            )
            yield marked(
                _LONE_CR.sub("\n", cell) if cell and "\r" in cell else cell for cell in cells
            )
    except csv.Error:
        raise SourceTooLargeError(
            f"a cell of the record that begins at line {began:,} has more than"
            f" {csv.field_size_limit():,} characters: is a quote left open there?"
        ) from None


def _unclosed(record: list[str], last: int) -> SourceQuoteError:
    """Return that the file ended within a cell; only an open quote lets it."""
    cell = record[-1]
    opened = last - line_ends(cell) + cell.endswith(("\r", "\n"))
    return SourceQuoteError(
        f"the quote that opens at line {opened:,} is never closed: close it, or choose another"
    )
