"""Files of exports: how each is made, and its bytes as a store takes them."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from apps.audit.domain.exporting import FORMATS, Encoder
from kernel.storage.joined import Joined

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


def encoder(form: str) -> Encoder:
    """Return what makes files of this form."""
    if form == "parquet":
        from apps.audit.adapters.parquet_export import (  # noqa: PLC0415  pyarrow takes 0.3 s, 60 MB
            as_parquet,
        )

        return as_parquet
    return FORMATS[form]


class Made(Joined):
    """Bytes that are made as they are read, hashed and counted: never all of them in memory."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__(chunks)
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes; fewer only at the end."""
        data = super().read(size)
        self.sha256.update(data)
        self.size += len(data)
        return data

    def as_file(self) -> BinaryIO:
        """Return it as stores take it: of a file they need no more than `read`."""
        return cast(BinaryIO, self)
