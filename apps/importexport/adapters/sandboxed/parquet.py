"""A Parquet file becomes CSV."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from apps.importexport.adapters.sandboxed.records import Made
from apps.importexport.errors import (
    SourceEncodingError,
    SourceTooLargeError,
    SourceUnreadableError,
)

_BATCH = 10_000
_MOST_BYTES = 1_500_000_000
_PLAIN = pyarrow.csv.WriteOptions(include_header=False, batch_size=_BATCH, quoting_style="needed")


def parquet(data: bytes, *, rows: int, limits: dict[str, int]) -> Made:
    """Return the rows of a file below their names, the first so many if `rows` is not 0.

    Raises SourceRefusedError.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
        names = file.schema_arrow.names
        if len(names) > limits["columns"]:
            raise SourceTooLargeError(
                f"the file has {len(names):,} columns, a table at most {limits['columns']:,}"
            )
        parts = [_head(names)]
        parts.extend(_rows(file, rows, limits["cell_characters"]))
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadableError(
            f"this is no whole Parquet file ({str(error)[:80]}): write it anew"
        ) from None
    return {"warnings": []}, parts


def _head(names: list[str]) -> bytes:
    return b",".join(b'"%b"' % name.replace('"', '""').encode() for name in names) + b"\n"


def _rows(file: pq.ParquetFile, rows: int, longest: int) -> Iterator[bytes]:
    left, size = rows, 0
    for batch in file.iter_batches(batch_size=min(_BATCH, rows or _BATCH), use_threads=False):
        taken = batch.slice(0, left) if rows else batch
        texts = [
            _texts(column, name, longest)
            for name, column in zip(taken.schema.names, taken.columns, strict=True)
        ]
        out = pa.BufferOutputStream()
        names = [str(at) for at in range(len(texts))]
        pyarrow.csv.write_csv(pa.record_batch(texts, names=names), out, _PLAIN)
        made = out.getvalue().to_pybytes()
        if b"\0" in made:
            raise SourceEncodingError("a text in the file has a NUL: take it away")
        size += len(made)
        if size > _MOST_BYTES:
            raise SourceTooLargeError(
                f"the file has more than {_MOST_BYTES:,} bytes of text: send it in parts"
            )
        yield made
        left -= len(taken)
        if rows and left <= 0:
            return


def _texts(column: Any, name: str, longest: int) -> Any:
    """Return the texts of a column: numbers and dates as JSON and ISO have them."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_timestamp(kind):
        return _moments(column, kind)
    if pa.types.is_nested(kind):
        return _each(column, lambda value: json.dumps(value, ensure_ascii=False, default=str))
    if pa.types.is_decimal(kind):
        return _each(column, lambda value: f"{value:f}")
    try:
        texts = column.cast(pa.string())
    except pa.ArrowInvalid:
        raise SourceEncodingError(
            f"the column {name[:60]!r} holds bytes that are no text: leave it out"
        ) from None
    except pa.ArrowNotImplementedError:
        raise SourceUnreadableError(
            f"the column {name[:60]!r} is of the type {kind}, which has no text: leave it out"
        ) from None
    if (pc.max(pc.utf8_length(texts)).as_py() or 0) > longest:
        raise SourceTooLargeError(
            f"the column {name[:60]!r} has a value of more than {longest:,} characters"
        )
    return texts


def _each(column: Any, told: Callable[[Any], str]) -> Any:
    texts = [None if value is None else told(value) for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _moments(column: Any, kind: Any) -> Any:
    """Return moments by ISO 8601, in UTC where they say their zone."""
    texts = pc.replace_substring(column.cast(pa.timestamp(kind.unit)).cast(pa.string()), " ", "T")
    whole = pc.replace_substring_regex(texts, r"\.0+$", "")
    return pc.binary_join_element_wise(whole, "+00:00", "") if kind.tz else whole
