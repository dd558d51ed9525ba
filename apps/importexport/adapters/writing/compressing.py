"""What is written becomes shorter on its way."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import zstandard

from apps.importexport.domain.formats.dialects import Compression
from kernel.errors import InvalidInputError

_GZIP_LEVEL, _ZSTD_LEVEL = 6, 3


@contextmanager
def compressed(out: Any, compression: Compression) -> Iterator[BinaryIO]:
    """Yield a file whose bytes come to `out` compressed, without a name or a time of their own."""
    match compression:
        case Compression.NONE:
            yield out
        case Compression.GZIP:
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=out, mtime=0) as packed:
                yield packed  # type: ignore[misc]  # one for bytes
        case Compression.ZSTD:
            with zstandard.ZstdCompressor(_ZSTD_LEVEL, write_checksum=True).stream_writer(
                out, closefd=False
            ) as packed:
                yield packed
        case Compression.ZIP:
            raise InvalidInputError("tables are written plain, or compressed by gzip or zstd")
