"""Exports as Apache Parquet; it imports pyarrow: see `adapters.export_files`."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apps.audit.domain.exporting import COLUMNS, Pages, columns_of

_MOMENT = pa.timestamp("us", tz="UTC")
_KINDS = {"position": pa.int64(), "occurredAt": _MOMENT, "recordedAt": _MOMENT}
_SCHEMA = pa.schema([(name, _KINDS.get(name, pa.string())) for name in COLUMNS])


def as_parquet(pages: Pages) -> Iterator[bytes]:
    """Yield a file compressed by zstd, a group of rows for each page."""
    made = _Made()
    with pq.ParquetWriter(made, _SCHEMA, compression="zstd") as writer:
        for page in pages:
            columns = zip(*map(columns_of, page), strict=True)
            arrays = [_array(kind, told) for kind, told in zip(_SCHEMA, columns, strict=True)]
            writer.write_table(pa.table(arrays, schema=_SCHEMA))
            yield made.taken()
    yield made.taken()


def _array(kind: pa.Field, told: Sequence[Any]) -> pa.Array:
    values = [datetime.fromisoformat(one) for one in told] if kind.type == _MOMENT else told
    return pa.array(values, kind.type)


class _Made(io.RawIOBase):
    """Where the writer puts bytes, for whoever takes them away."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        chunk = bytes(data)
        self._chunks.append(chunk)
        self._size += len(chunk)
        return len(chunk)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)
