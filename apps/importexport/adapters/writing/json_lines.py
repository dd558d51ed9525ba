"""A table as an object of JSON in each line, in UTF-8."""

import json
from collections.abc import Sequence
from typing import BinaryIO

import orjson

from contracts.datasets import Field, Row


class JsonLines:
    """Writes a line for each row, with all fields in their order."""

    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        self._out = out
        self._names = [field.name for field in fields]

    def begin(self) -> None:
        """Nothing stands before the rows: each has the names."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        self._out.write(b"".join(map(self._line, rows)))

    def end(self) -> None:
        """Nothing stands after them."""

    def drop(self) -> None:
        """Leave the file as it is."""

    def _line(self, row: Row) -> bytes:
        told = {name: row.get(name) for name in self._names}
        try:
            return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:
            # Of integers that library knows 64 bits.
            return f"{json.dumps(told, ensure_ascii=False, separators=(',', ':'))}\n".encode()
