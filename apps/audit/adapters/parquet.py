"""Files of logs in columns (Apache Parquet), written and read a group of rows at a time.

It imports pyarrow, a large library that most processes never need: see `adapters.stores`.
"""

import io
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apps.audit.adapters.columns import COLUMNS, GROUP, PLACES, Group, Row, Sought
from apps.audit.domain.search import LEAST_BEGINNING
from kernel.storage.port import Storage

#: Footers that are remembered, of files that never change: 20 kB for a million logs.
REMEMBERED = 64


class Writer:
    """A file being written: rows in, in the order of their ids, a group at a time."""

    def __init__(self, path: Path, *, records: bool = True) -> None:
        self._names = COLUMNS if records else PLACES
        kinds = {
            "id": pa.binary(16),
            "position": pa.int64(),
            "occurred_at": pa.timestamp("us", tz="UTC"),
        }
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in self._names])
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=[name for name in ("action", "actor_id") if name in self._names],
            write_statistics=["id", "position", "occurred_at"],
            write_page_index=True,
        )

    def write(self, columns: Sequence[Sequence[Any]]) -> None:
        """Write a group: a sequence of values for each column."""
        arrays = [_array(one, kind.type) for one, kind in zip(columns, self._schema, strict=True)]
        self._file.write_table(pa.table(arrays, schema=self._schema), row_group_size=GROUP)

    def close(self) -> None:
        """Write what tells where everything is."""
        self._file.close()


class StoredFile(io.RawIOBase):
    """The bytes under a key of a store, read where somebody looks."""

    def __init__(self, store: Storage, key: str, size: int) -> None:
        self._store, self._key, self._size, self._at = store, key, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(self._size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        data = (
            b"".join(self._store.read(self._key, start=self._at, length=wanted)) if wanted else b""
        )
        self._at += len(data)
        return data


class Reader:
    """A file that is there."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._file = file
        self.groups = _groups_of(file.metadata)

    @classmethod
    def stored(cls, store: Storage, key: str, size: int) -> "Reader":
        """Open what is under a key of a store."""
        footer = _footer(cast(Hashable, store), key, size)
        return cls(pq.ParquetFile(StoredFile(store, key, size), metadata=footer))

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> "Iterator[Reader]":
        """Open a file of this machine."""
        with pq.ParquetFile(path) as file:
            yield cls(file)

    def ids(self, group: Group) -> list[UUID]:
        """Return the ids of a group, in order."""
        return [UUID(bytes=one) for one in self._table(group, ["id"])["id"].to_pylist()]

    def rows(self, group: Group, places: Sequence[int] | None = None) -> list[Row]:
        """Return the rows of a group, or those at these places of it."""
        names = [name for name in COLUMNS if name in self._file.schema_arrow.names]
        table = self._table(group, names)
        if places is not None:
            table = table.take(list(places))
        return list(_rows(table))

    def placed(self, group: Group) -> tuple[list[bytes], list[int], list[bytes] | None]:
        """Return ids, positions and records of a group's logs; None where those were let go."""
        records = "record" in self._file.schema_arrow.names
        table = self._table(group, ["id", "position", *(["record"] if records else [])])
        told = table["record"].cast(pa.binary()).to_pylist() if records else None
        return table["id"].to_pylist(), table["position"].to_pylist(), told

    def found(self, group: Group, sought: Sought) -> list[tuple[datetime, UUID, int]]:
        """Return when, which and at what place of the group logs are that may be sought."""
        table = self._table(group, ["occurred_at", "id"])
        mask = _within(table["occurred_at"], sought)
        for name, tell in self._tellers(sought):
            # What nothing is left of is not read any further.
            if mask is not None and not pc.any(mask).as_py():
                return []
            told = tell(self._table(group, [name])[name])
            mask = told if mask is None else pc.and_(mask, told)
        places = pa.array(range(table.num_rows)) if mask is None else pc.indices_nonzero(mask)
        kept = table.take(places)
        return [
            (moment, UUID(bytes=id_), place)
            for moment, id_, place in zip(
                kept["occurred_at"].to_pylist(),
                kept["id"].to_pylist(),
                places.to_pylist(),
                strict=True,
            )
        ]

    def _tellers(self, sought: Sought) -> Iterator[tuple[str, Any]]:
        if sought.actions is not None:
            wanted = pa.array(list(sought.actions), pa.string())
            yield "action", lambda column: pc.is_in(column, value_set=wanted)
        if sought.actor_id is not None:
            yield "actor_id", lambda column: pc.equal(column, sought.actor_id)
        for token in sought.tokens:
            yield "words", partial(_has_word, token)
        for name, texts in (("words", sought.parts), ("record", sought.inside)):
            for text in texts:
                yield name, partial(_holds, text)

    def _table(self, group: Group, names: Sequence[str]) -> pa.Table:
        return self._file.read_row_group(group.number, columns=list(names), use_threads=False)


def _array(values: Sequence[Any], kind: Any) -> Any:
    if kind != pa.string() or not values or isinstance(values[0], str):
        return pa.array(values, kind)
    try:
        return pa.array(values, pa.binary()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Canonical JSON is UTF-8; what was altered is found when the file is read back.
        return pa.array([_text(one) for one in values], kind)


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def _holds(text: str, column: Any) -> Any:
    return pc.match_substring(column, text)


def _has_word(token: str, column: Any) -> Any:
    """Say where there is a word that the token stands for; the first is the tenant, and none."""
    if len(token) >= LEAST_BEGINNING:
        return pc.match_substring(column, f" {token}")
    return pc.or_(pc.match_substring(column, f" {token} "), pc.ends_with(column, f" {token}"))


def _within(moments: Any, sought: Sought) -> Any:
    mask = None
    for compare, moment in (
        (pc.greater_equal, sought.occurred_from),
        (pc.less, sought.occurred_before),
    ):
        if moment is not None:
            told = compare(moments, moment)
            mask = told if mask is None else pc.and_(mask, told)
    return mask


def _rows(table: pa.Table) -> Iterator[Row]:
    columns = {name: table[name].to_pylist() for name in table.column_names}
    nothing = [""] * table.num_rows
    told = [columns.get(name, nothing) for name in COLUMNS]
    for id_, position, moment, action, actor_id, words, record in zip(*told, strict=True):
        yield Row(UUID(bytes=id_), position, moment, action, actor_id, words, record.encode())


@lru_cache(maxsize=REMEMBERED)
def _footer(store: Any, key: str, size: int) -> Any:
    return pq.read_metadata(StoredFile(store, key, size))


def _groups_of(footer: Any) -> tuple[Group, ...]:
    places = [footer.schema.names.index(name) for name in ("id", "position", "occurred_at")]
    found = []
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        ids, positions, moments = (group.column(place).statistics for place in places)
        found.append(
            Group(
                number,
                group.num_rows,
                UUID(bytes=ids.min),
                UUID(bytes=ids.max),
                positions.min,
                positions.max,
                moments.min.astimezone(UTC),
                moments.max.astimezone(UTC),
            )
        )
    return tuple(found)
