"""The tables of a document as CSV (RFC 4180), in UTF-8.

Values are written for programs: numbers with all their digits and a point, dates by ISO 8601,
whatever the locale. A text that a spreadsheet could take for a formula gets an apostrophe before
it, by the one rule that imports know too (contracts.formulas).
"""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from apps.documents.domain.evaluation import parts
from apps.documents.domain.findings import stop
from apps.documents.domain.model.texts import words
from contracts.expressions.values import plain
from contracts.formulas import guarded

_FLUSHED_AT = 65_536


def render_csv(document: parts.Document, out: BinaryIO) -> None:
    """Write every table, an empty line between two of them. What is no table has no place here.

    Raises DocumentError for a document without tables.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    number = 0
    for number, table in enumerate(_tables(document.parts), 1):
        if number > 1:
            text.write("\r\n")
        if table.header:
            writer.writerow([guarded(words(column.title)) for column in table.columns])
        taken = [0] * len(table.columns)
        for row in table.rows:
            if row.kind in ("body", "note"):
                writer.writerow(_cells(row, taken))
            if text.tell() > _FLUSHED_AT:
                _flush(text, out)
    if not number:
        stop("", "tables", "a CSV holds the tables of a document, and this one has none")
    _flush(text, out)


def _tables(taken: Iterator[parts.Part] | tuple[parts.Part, ...]) -> Iterator[parts.Table]:
    for part in taken:
        match part:
            case parts.Table():
                yield part
            case parts.Keep():
                yield from _tables(part.parts)
            case parts.Columns():
                for column in part.columns:
                    yield from _tables(column)


def _cells(row: parts.Row, taken: list[int]) -> list[str]:
    """Each row has the fields of all columns: what spans several is in the first of them."""
    found = [""] * len(taken)
    for at, cell in parts.placed(row, taken):
        value = cell.value
        found[at] = guarded(value) if isinstance(value, str) else plain(value)
    return found


def _flush(text: io.StringIO, out: BinaryIO) -> None:
    out.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()
