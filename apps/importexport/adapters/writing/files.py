"""A table is written as a file of any format, a few rows at a time."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

from apps.importexport.adapters.writing.compressing import compressed
from apps.importexport.adapters.writing.json_lines import JsonLines
from apps.importexport.adapters.writing.ods import Ods
from apps.importexport.adapters.writing.separated import Separated
from apps.importexport.adapters.writing.xlsx import Xlsx
from apps.importexport.domain.formats.dialects import Compression, Format
from contracts.datasets import Field, Row


class TableFile(Protocol):
    """A file being written."""

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows; raises ValueUnwritableError for what has no place in the format."""
        ...

    @property
    def size_bytes(self) -> int:
        """How long the file is so far, but for what is held until there is more of it."""
        ...


class _Writer(Protocol):
    def begin(self) -> None: ...
    def write(self, rows: Sequence[Row]) -> None: ...
    def end(self) -> None: ...
    def drop(self) -> None: ...


class _Counted(io.RawIOBase):
    """A file that knows how much was written to it; it is never sought in, and closes no other."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(data)
        self.size += len(data)
        return len(data)


class _File:
    def __init__(self, writer: _Writer, counted: _Counted) -> None:
        self._writer = writer
        self._counted = counted

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.write(rows)

    @property
    def size_bytes(self) -> int:
        return self._counted.size


@contextmanager
def table_file(
    out: BinaryIO,
    *,
    format: Format,
    compression: Compression = Compression.NONE,
    fields: Sequence[Field],
    guard: bool = True,
) -> Iterator[TableFile]:
    """Write a table to `out`, whose first row names the fields; whole when the block is left.

    The same rows give the same bytes, however they are handed over, and memory does not grow with
    them. With `guard` a text that a spreadsheet would compute has an apostrophe before it, in
    formats that those open. After an exception the file is not whole.
    """
    counted = _Counted(out)
    with compressed(counted, compression) as stream:
        writer = _writer(stream, format, fields, guard=guard and format.guarded)
        try:
            writer.begin()
            yield _File(writer, counted)
            writer.end()
        except BaseException:
            writer.drop()
            raise


def _writer(out: BinaryIO, format: Format, fields: Sequence[Field], *, guard: bool) -> _Writer:
    match format:
        case Format.CSV:
            return Separated(out, fields, delimiter=",", guard=guard)
        case Format.TSV:
            return Separated(out, fields, delimiter="\t", guard=guard)
        case Format.JSONL:
            return JsonLines(out, fields)
        case Format.XLSX:
            return Xlsx(out, fields, guard=guard)
        case Format.ODS:
            return Ods(out, fields, guard=guard)
    # A large library, which no other format needs.
    from apps.importexport.adapters.writing.parquet import Parquet  # noqa: PLC0415

    return Parquet(out, fields)
