"""The records of a chunk, by the csv module: this is the definition of what a record is.

A record may be short: values that are missing at its end are none. Values beyond the header's are
a problem unless they are empty. Quotes within a value that is not quoted stand for themselves;
within a quoted one they are doubled, and a record where they are not is a problem, not a guess.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.importexport.domain.checking.problems import Refusal
from apps.importexport.domain.formats.empty_texts import (
    Cells,
    Lines,
    told_apart,
    without_empty,
)
from apps.importexport.domain.problems import Code, RefusedError

# The chunk bounds a cell, in both ways of reading. The default of 128 kB is for the process.
csv.field_size_limit(1 << 30)

_NOT_UTF8 = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How records are written, and how many values they have; no quote: an empty text."""

    delimiter: str
    quote: str
    width: int
    #: Two quotes are an empty text, which is a value.
    empty_texts: bool = False


@dataclass(slots=True)
class Records:
    """Records with values, by their places in the chunk; the others are refused or blank."""

    total: int = 0
    blank: int = 0
    places: list[int] = field(default_factory=list)
    #: Each of the same width; None where there is no value.
    cells: list[Cells] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    #: For each record the line ends before it.
    lines: Sequence[int] = ()


def records(data: bytes, shape: Shape) -> Records:
    """Return the records of a chunk."""
    try:
        text, torn = data.decode(), False
    except UnicodeDecodeError:
        text, torn = data.decode(errors="surrogateescape"), True
    found, lines = Records(), []
    for line, cells in _read(text, shape):
        lines.append(line)
        if isinstance(cells, RefusedError):
            _refuse(found, "", cells)
        elif torn and _NOT_UTF8.search("".join(filter(None, cells))):
            _refuse(found, "", _encoding_error())
        else:
            _sort_in(found, cells, shape.width)
        found.total += 1
    found.lines = lines
    return found


def _read(text: str, shape: Shape) -> Iterator[tuple[int, Cells | RefusedError]]:
    tells = shape.empty_texts and bool(shape.quote) and shape.quote * 2 in text
    plain = io.StringIO(text, newline="")
    lines = Lines(plain) if tells else None
    reader = csv.reader(
        lines or plain,
        delimiter=shape.delimiter,
        quotechar=shape.quote or None,
        quoting=csv.QUOTE_MINIMAL if shape.quote else csv.QUOTE_NONE,
        strict=True,
    )
    while True:
        line = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _quoting_error(str(error), shape.quote)
            cells = None
        record = lines.since() if lines else ""
        if cells is not None:
            yield (
                line,
                told_apart(cells, record, delimiter=shape.delimiter, quote=shape.quote)
                if lines
                else without_empty(cells),
            )


def _sort_in(found: Records, cells: Cells, width: int) -> None:
    excess = next(filter(None, cells[width:]), None)
    if excess:
        error = RefusedError(Code.TOO_MANY_VALUES, f"at most {width} values are expected")
        _refuse(found, excess, error)
    elif not any(cells):
        found.blank += 1
    else:
        found.places.append(found.total)
        found.cells.append((cells + [None] * (width - len(cells)))[:width])


def _refuse(found: Records, value: str, error: RefusedError) -> None:
    found.refused.append(Refusal(row=found.total, order=-1, value=value, error=error))


def _quoting_error(said: str, quote: str) -> RefusedError:
    if "unexpected end" in said:
        return RefusedError(Code.MALFORMED, f"a closing {quote} is expected: the value has no end")
    return RefusedError(
        Code.MALFORMED, f"within a quoted value {quote}{quote} is expected for each {quote}"
    )


def _encoding_error() -> RefusedError:
    return RefusedError(Code.NOT_UTF8, "text in UTF-8 is expected: choose the file's encoding")
