"""Chunks that are made one by one, read as a file is: never all of them in memory."""

from collections.abc import Iterator


class Joined:
    """Chunks as a source that gives as many bytes as it is asked for, fewer only at the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._waiting = bytearray()

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all; fewer only at the end, by which S3 knows the last part."""
        while size < 0 or len(self._waiting) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._waiting += chunk
        end = len(self._waiting) if size < 0 else size
        data = bytes(self._waiting[:end])
        del self._waiting[:end]
        return data
