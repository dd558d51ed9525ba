"""Bytes that come in chunks."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_READ_BYTES = 1 << 20


class Readable:
    """Chunks as a file that can be read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._waiting = b""

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer at the end; all of them if not said."""
        while size < 0 or len(self._waiting) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._waiting += chunk
        end = len(self._waiting) if size < 0 else size
        found, self._waiting = self._waiting[:end], self._waiting[end:]
        return found


def chunks_of(path: Path) -> Iterator[bytes]:
    """Give the bytes of a file."""
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk


def size_and_digest(chunks: Iterable[bytes]) -> tuple[int, str]:
    """Return the size of something and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()
