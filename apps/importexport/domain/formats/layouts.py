"""How a text is cut into cells: delimiter, quote, and the record that names the columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from apps.importexport.domain.formats.empty_texts import Lines, told_apart

DELIMITERS = (",", ";", "\t", "|")
#: So many records tell enough.
_RECORDS = 200
_MOST_TITLES = 20
_VALUE = re.compile(
    r"[+-]?[\d.,]*\d%?|\d{4}-\d\d-\d\d([T ][\d:.+Z-]+)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    r"|true|false|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}",
    re.IGNORECASE,
)
Records = list[list[str]]


def layout_of(text: str, *, name: str) -> tuple[str, str, int]:
    """Return the delimiter, the quote and the row of the header that a text seems to have."""
    quote = _quote(text)
    judged = [(_score(found := records(text, one, quote)), one, found) for one in DELIMITERS]
    usual = "\t" if name.lower().endswith((".tsv", ".tab")) else ","
    best, delimiter, found = max(judged, key=lambda one: (one[0], one[1] == usual))
    if best == (0.0, 0):
        delimiter, found = usual, records(text, usual, quote)
    return delimiter, quote, header_row(found)


def records(text: str, delimiter: str, quote: str) -> Records:
    """Return the first records of a text; of one that is no table, what can be had."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    found: Records = []
    try:
        found.extend(islice(reader, _RECORDS))
    except csv.Error:
        return found
    return found


def quotes_tell(text: str, *, delimiter: str, quote: str, header_row: int) -> bool:
    """Say whether two quotes seem to be an empty text.

    What quotes every name, and never leaves a value out, quotes also what is not there.
    """
    if not quote:
        return False
    lines = Lines(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    try:
        for number, cells in enumerate(islice(reader, _RECORDS), start=1):
            record = lines.since()
            if number == max(header_row, 1) and record.count(quote) < 2 * len(cells):
                return True
            apart = told_apart(cells, record, delimiter=delimiter, quote=quote)
            if number > header_row and any(apart) and None in apart:
                return True
    except csv.Error:
        return True
    return False


def header_row(found: Sequence[Sequence[str]]) -> int:
    """Return the record, counted from 1, that names the columns; 0 if none seems to.

    Titles stand above it, narrower than the table. A row of values is none, where the column
    below has such values too.
    """
    filled = [(row, [cell for cell in cells if cell.strip()]) for row, cells in enumerate(found, 1)]
    widths = Counter(len(found[row - 1]) for row, cells in filled if cells)
    if not widths:
        return 1
    usual = max(widths, key=lambda width: (widths[width], width))
    at, cells = next(
        ((row, cells) for row, cells in filled[:_MOST_TITLES] if _names(cells, usual)),
        (1, filled[0][1]),
    )
    first = found[at - 1]
    below = found[at : at + _MOST_TITLES]
    valued = [
        column
        for column, cell in enumerate(first)
        if _VALUE.fullmatch(cell.strip()) and _all_values(below, column)
    ]
    named = not valued or (len(valued) < len(cells) and _years(first, valued))
    return at if named else 0


def _names(cells: Sequence[str], usual: int) -> bool:
    return len(cells) * 2 > usual


def _all_values(rows: Sequence[Sequence[str]], column: int) -> bool:
    told = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
    return all(map(_VALUE.fullmatch, told))


def _years(first: Sequence[str], valued: Sequence[int]) -> bool:
    """Say whether values in a header are years, as statistics have them."""
    return all(re.fullmatch(r"(19|20)\d\d", first[column].strip()) for column in valued)


def _quote(text: str) -> str:
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|\r?$)", text, re.MULTILINE))
    double = len(re.findall(r"(?:^|[,;\t|])\"", text, re.MULTILINE))
    return "'" if single > 2 and not double else '"'


def _score(found: Records) -> tuple[float, int]:
    """Return how alike records are in their number of cells, and the number; nothing for one."""
    widths = Counter(len(cells) for cells in found if cells)
    if not widths:
        return 0.0, 0
    width, times = max(widths.items(), key=lambda one: (one[1], one[0]))
    return (round(times / widths.total(), 1), width) if width > 1 else (0.0, 0)
