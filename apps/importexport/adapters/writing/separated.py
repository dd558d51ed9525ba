"""A table as CSV (RFC 4180) or TSV, in UTF-8."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from apps.importexport.adapters.writing.texts import text_of
from contracts.datasets import Field, Row

_FLUSHED_AT = 1 << 16
#: Stands for an empty text until it is quoted, as PostgreSQL does and the csv module cannot: what
#: is not quoted is no value. No text holds this.
_EMPTY = "\0\ufdd0"


class Separated:
    """Writes cells with a delimiter between them."""

    def __init__(
        self, out: BinaryIO, fields: Sequence[Field], *, delimiter: str, guard: bool
    ) -> None:
        self._out = out
        self._columns = [(field.name, text_of(field, guard=guard)) for field in fields]
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")

    def begin(self) -> None:
        """Write the names."""
        self._writer.writerow([name for name, _ in self._columns])

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        columns = self._columns
        for row in rows:
            get = row.get
            self._writer.writerow(
                [_EMPTY if get(name) == "" else text(get(name)) for name, text in columns]
            )
            if self._text.tell() > _FLUSHED_AT:
                self._flush()

    def end(self) -> None:
        """Write what is held."""
        self._flush()

    def drop(self) -> None:
        """Leave the file as it is."""

    def _flush(self) -> None:
        self._out.write(self._text.getvalue().replace(_EMPTY, '""').encode())
        self._text.seek(0)
        self._text.truncate()
