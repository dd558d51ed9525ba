"""A table as CSV (RFC 4180) or TSV, in UTF-8."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from apps.importexport.adapters.writing.texts import text_of
from apps.importexport.domain.formats.empty_texts import MARK, unmarked
from apps.importexport.domain.formats.formulas import guarded
from contracts.datasets import Field, Row

_FLUSHED_AT = 1 << 16


def header_of(fields: Sequence[Field], *, delimiter: str, guard: bool) -> bytes:
    """Return the line of the names, which are quoted and guarded as values are."""
    line = io.StringIO(newline="")
    names = [guarded(one.name) if guard else one.name for one in fields]
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(names)
    return line.getvalue().encode()


class Separated:
    """Writes cells with a delimiter between them."""

    def __init__(
        self, out: BinaryIO, fields: Sequence[Field], *, delimiter: str, guard: bool
    ) -> None:
        self._out = out
        self._header = header_of(fields, delimiter=delimiter, guard=guard)
        self._columns = [(field.name, text_of(field, guard=guard)) for field in fields]
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")

    def begin(self) -> None:
        """Write the names."""
        self._out.write(self._header)

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        columns = self._columns
        for row in rows:
            get = row.get
            self._writer.writerow(
                [MARK if get(name) == "" else text(get(name)) for name, text in columns]
            )
            if self._text.tell() > _FLUSHED_AT:
                self._flush()

    def end(self) -> None:
        """Write what is held."""
        self._flush()

    def drop(self) -> None:
        """Leave the file as it is."""

    def _flush(self) -> None:
        self._out.write(unmarked(self._text.getvalue()).encode())
        self._text.seek(0)
        self._text.truncate()
