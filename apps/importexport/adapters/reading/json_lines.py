"""Lines of JSON become CSV."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from apps.importexport.adapters.reading.heads import named
from apps.importexport.adapters.reading.rewriting import QUOTE
from apps.importexport.domain.formats.empty_texts import Cells, Unmarking, marked
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import (
    SourceEncodingError,
    SourceTooLargeError,
    SourceUnreadableError,
)

#: The records that name the columns.
NAMING = 1_000
#: Beyond that of any number of a processor.
_MOST_EXPONENT = 400
Record = dict[str, Any]


def convert_json_lines(source: BinaryIO, target: Path, limits: Limits) -> None:
    """Write a record for each line of a source in UTF-8, below one that names the columns.

    A number is the text that it was, null is nothing, an empty text two quotes, a list or an object
    is JSON; an empty line is a record of nothing. Raises SourceUnreadableError with the line for
    what is no object, and for a key that none of the first records has.
    """
    records = enumerate(_read(source, limits), start=1)
    first = list(islice(records, NAMING))
    columns = columns_of([record for _, record in first], limits)
    with target.open("w", encoding="utf-8", newline="") as out:
        # As lines end so, a return alone is quoted, too.
        writer = csv.writer(Unmarking(out), quotechar=QUOTE, lineterminator="\r\n")
        writer.writerow(columns)
        for number, record in first:
            writer.writerow(marked(cells_of(record, columns, number, limits)))
        known = set(columns)
        for number, record in records:
            if not record.keys() <= known:
                key = next(key for key in record if key not in known)
                raise SourceUnreadableError(
                    f"line {number:,} has the key {key[:60]!r}, which none of the first"
                    f" {NAMING:,} lines has: name it in the first line, null will do"
                )
            writer.writerow(marked(cells_of(record, columns, number, limits)))


def columns_of(records: list[Record], limits: Limits) -> list[str]:
    """Return the keys of records in the order in which they come."""
    columns = list(dict.fromkeys(key for record in records for key in record))
    named(columns, 0, limits)
    return columns


def cells_of(record: Record, columns: list[str], line: int, limits: Limits) -> Cells:
    """Return the texts of a record."""
    cells = [_text(record.get(name)) for name in columns]
    if max(len(cell or "") for cell in cells) > limits.cell_characters:
        raise SourceTooLargeError(
            f"line {line:,} has a value of more than {limits.cell_characters:,} characters"
        )
    text = "".join(filter(None, cells))
    if "\0" in text:
        raise SourceEncodingError(f"line {line:,} has a NUL in a text: take it away")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SourceEncodingError(
            f"line {line:,} has half of a character in a text, \\ud800 or such: take it away"
        ) from None
    return cells


def parsed(line: bytes, number: int) -> Record:
    """Return the object of a line; raises SourceUnreadableError."""
    if not line.strip():
        return {}
    try:
        found = json.loads(line, parse_float=_decimal, parse_constant=_refused)
    except UnicodeDecodeError as error:
        raise SourceEncodingError(f"line {number:,} is not utf-8: save the file as that") from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        why = str(error)[:80]
        raise SourceUnreadableError(f"line {number:,} is no JSON ({why}): mend it") from None
    if not isinstance(found, dict):
        raise SourceUnreadableError(f"line {number:,} is no object of JSON, {{…}}: mend it")
    return found


def _read(source: BinaryIO, limits: Limits) -> Iterator[Record]:
    most = limits.record_characters
    number = 0
    while line := source.readline(most):
        number += 1
        if len(line) == most:
            raise SourceTooLargeError(f"line {number:,} has more than {most:,} bytes")
        yield parsed(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, number)


def _decimal(text: str) -> Decimal:
    """Return a number; one of a billion digits is a text of a few, and nobody means it."""
    found = Decimal(text)
    if found and abs(found.adjusted()) > _MOST_EXPONENT:
        raise ValueError(f"{text[:40]} is beyond all numbers that are used")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return _json(value)
    return str(value)


def _json(value: Any) -> str:
    """Return JSON with numbers as they were, of which the library has no way."""
    match value:
        case dict():
            pairs = (
                f"{json.dumps(key, ensure_ascii=False)}:{_json(one)}" for key, one in value.items()
            )
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(map(_json, value))}]"
        case Decimal():
            return str(value)
    return json.dumps(value, ensure_ascii=False)
