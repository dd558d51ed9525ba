"""A table in columns (Apache Parquet).

It imports pyarrow, a large library that most processes never need.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from apps.importexport.adapters.writing.texts import plain_text, text_of
from apps.importexport.errors import ValueUnwritableError
from contracts.datasets import Field, Kind, Row

_GROUP_ROWS = 20_000
_TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: pa.timestamp("us", tz="UTC"),
}


class Parquet:
    """Writes groups of rows; decimals are texts, which have all their digits."""

    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        self._out = out
        self._fields = fields
        self._schema = pa.schema(
            [(field.name, _TYPES.get(field.kind, pa.string())) for field in fields]
        )
        self._made = [_value_of(field) for field in fields]
        self._held: list[Row] = []
        self._file: Any = None
        self._written = 0

    def begin(self) -> None:
        """Write what such a file begins with."""
        sink = pa.PythonFile(self._out, mode="w")
        self._file = pq.ParquetWriter(sink, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._held.extend(rows)
        while len(self._held) >= _GROUP_ROWS:
            self._group(self._held[:_GROUP_ROWS])
            del self._held[:_GROUP_ROWS]

    def end(self) -> None:
        """Write what is held, and where everything is."""
        if self._held:
            self._group(self._held)
        self._file.close()

    def drop(self) -> None:
        """Leave the file as it is."""
        if self._file is not None:
            # Else it would be ended when it is let go.
            self._file.is_open = False

    def _group(self, rows: Sequence[Row]) -> None:
        columns = [
            self._column(rows, field, made, kind.type)
            for field, made, kind in zip(self._fields, self._made, self._schema, strict=True)
        ]
        self._file.write_table(pa.table(columns, schema=self._schema))
        self._written += len(rows)

    def _column(
        self, rows: Sequence[Row], field: Field, made: Callable[[Any], Any], kind: Any
    ) -> Any:
        at, name = 0, field.name
        try:
            values = []
            for at, row in enumerate(rows):  # noqa: B007  told in the error
                value = row.get(name)
                values.append(None if value is None else made(value))
            return pa.array(values, kind)
        except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
            raise ValueUnwritableError(
                f"row {self._written + at + 1:,}, {name}: no {field.kind} that Parquet holds"
                f" ({str(error)[:80]}): take JSONL or CSV, or leave the column out"
            ) from error


def _value_of(field: Field) -> Callable[[Any], Any]:
    match field.kind:
        case Kind.INTEGER | Kind.BOOLEAN:
            return lambda value: value
        case Kind.DATE:
            return date.fromisoformat
        case Kind.DATETIME:
            return _moment
        case Kind.JSON:
            return text_of(field, guard=False)
    return plain_text


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
