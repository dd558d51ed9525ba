"""What stands before the rows of a file: the names of its columns."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from apps.importexport.adapters.reading.transcoding import MARK
from apps.importexport.domain.formats.formulas import unguarded
from apps.importexport.domain.formats.headers import unique_names
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import SourceEmptyError, SourceTooLargeError

#: A file without a header has as many columns as the widest of its first records.
_LOOKED_AT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The names of columns, and where the first record after them begins."""

    columns: tuple[str, ...]
    offset: int
    line: int
    warnings: tuple[str, ...]


def head_of(
    path: Path, *, delimiter: str, quote: str, header_row: int, guarded: bool, limits: Limits
) -> Head:
    """Read the head of a file that is CSV strictly; `line` is of that file.

    `guarded` names have what guards spreadsheets from them taken away. Raises
    SourceEmptyError, SourceTooLargeError.
    """
    offset, line = 0, 1
    header: list[str] = []
    with path.open("rb") as file:
        found = _records(file, quote.encode())
        if not header_row:
            first = list(islice(found, _LOOKED_AT))
            header = [""] * max((len(_cells(one, delimiter, quote)) for one in first), default=0)
            offset = 3 if first and first[0].decode().startswith(MARK) else 0
        above = list(islice(found, header_row))
        if header_row and len(above) == header_row:
            header = _cells(above[-1], delimiter, quote)
            offset = sum(map(len, above))
            line += sum(record.count(b"\n") for record in above)
    header = list(map(unguarded, header)) if guarded else header
    names, warnings = named(header, header_row, limits)
    return Head(columns=names, offset=offset, line=line, warnings=warnings)


def named(
    header: list[str], header_row: int, limits: Limits
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of columns, and warnings; without a header none of them is missed."""
    if not header:
        raise SourceEmptyError(
            f"row {header_row} names no columns: choose the row of the header"
            if header_row
            else "the source has no rows"
        )
    if len(header) > limits.columns:
        raise SourceTooLargeError(
            f"the source has {len(header):,} columns, a table at most {limits.columns:,}: choose"
            " the delimiter, or take some away"
        )
    names, warnings = unique_names(header)
    return names, warnings if header_row else ()


def _cells(record: bytes, delimiter: str, quote: str) -> list[str]:
    text = record.decode().removeprefix(MARK).rstrip("\r\n")
    return next(csv.reader([text], delimiter=delimiter, quotechar=quote), []) if text else []


def _records(file: BinaryIO, quote: bytes) -> Iterator[bytes]:
    record = b""
    for line in file:
        record += line
        if record.count(quote) % 2 == 0:
            yield record
            record = b""
    if record:
        yield record
