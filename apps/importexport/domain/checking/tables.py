"""The records of a chunk as a frame of texts: by polars where that reads the same, else as ever.

polars reads what RFC 4180 describes as the csv module does. Whether a chunk is that, a pattern
tells that runs over it once: no stray quotes, and line ends that are alike.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars

from apps.importexport.domain.checking.frames import ROW
from apps.importexport.domain.checking.problems import Refusal
from apps.importexport.domain.checking.splitting import Records, Shape, records
from apps.importexport.domain.values.patterns import Pattern, of_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Records with values, null for one that is not there. Columns are named by their places."""

    total: int
    blank: int
    #: Of each row of the frame, its place in the chunk.
    places: polars.Series
    frame: polars.DataFrame
    refused: list[Refusal]
    #: For each record the line ends before it.
    lines: Callable[[], Sequence[int]]


class Tables:
    """Reads chunks of one shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._names = [str(place) for place in range(shape.width)]
        # polars takes one byte for each; what else there is, is read as ever.
        plain = shape.delimiter.isascii() and shape.quote.isascii()
        self._plain = _grammar(shape) if plain else None

    def table(self, data: bytes) -> Table:
        """Return the records of a chunk."""
        if data and self._plain is not None and self._plain.fullmatch(data) is not None:
            found = self._read(data)
            if found is not None:
                return found
        return self._of_records(records(data, self._shape))

    def _read(self, data: bytes) -> Table | None:
        """Return the table as polars reads it; None where a record has too much or is no UTF-8."""
        quote = self._shape.quote.encode()
        quoted = bool(quote) and quote in data
        try:
            frame = polars.read_csv(
                # Each return ends a line, as the pattern has it.
                data.replace(b"\r\n", b"\n"),
                has_header=False,
                schema=dict.fromkeys(self._names, polars.String),
                separator=self._shape.delimiter,
                quote_char=self._shape.quote if quoted else None,
                missing_columns="insert",
            )
        except polars.exceptions.PolarsError:
            return None
        if quoted and not self._shape.empty_texts:
            frame = frame.select(nothing_for_empty(self._names))
        total, lines = frame.height, data.count(b"\n") + (not data.endswith(b"\n"))
        some = polars.any_horizontal(polars.col(name) != "" for name in self._names)
        kept = frame.with_row_index("place").filter(some)
        return Table(
            total=total,
            blank=total - kept.height,
            places=kept["place"].cast(ROW),
            frame=kept.select(self._names),
            refused=[],
            # Where values hold line ends, who asks for lines has the records read once more.
            lines=lambda: range(total) if lines == total else records(data, self._shape).lines,
        )

    def _of_records(self, found: Records) -> Table:
        columns = zip(*found.cells, strict=True) if found.cells else [[]] * self._shape.width
        frame = polars.DataFrame(
            [
                polars.Series(name, column, polars.String)
                for name, column in zip(self._names, columns, strict=True)
            ]
        )
        return Table(
            total=found.total,
            blank=found.blank,
            places=polars.Series(found.places, dtype=ROW),
            frame=frame,
            refused=found.refused,
            lines=lambda: found.lines,
        )


def nothing_for_empty(names: Sequence[str]) -> list[polars.Expr]:
    """Return columns without their empty texts."""
    return [
        polars.when(polars.col(name) != "").then(polars.col(name)).alias(name) for name in names
    ]


def _grammar(shape: Shape) -> Pattern:
    """Return what chunks look like that have only one reading."""
    delimiter, quote = re.escape(shape.delimiter), re.escape(shape.quote)
    value = rf"[^{delimiter}{quote}\r\n]*"
    if quote:
        value = rf"(?:{value}|{quote}(?:[^{quote}\r]|{quote}{quote})*{quote})"
    record = rf"(?:{value}{delimiter})*{value}"
    return of_bytes(rf"(?:{record}\r?\n)*(?:{record})?".encode())
