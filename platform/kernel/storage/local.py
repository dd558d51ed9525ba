"""Bytes in a folder of this machine."""

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kernel.errors import NotFoundError
from kernel.storage.port import StorageFullError, checked

CHUNK_BYTES = 256 * 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStorage:
    """Files under a root; a draft becomes visible by one rename, after it is on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, key: str, source: BinaryIO) -> int:
        path = self._root / checked(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                size = 0
                while chunk := source.read(CHUNK_BYTES):
                    file.write(chunk)
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFullError("the disk is full; nothing was kept") from error
            raise
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return size

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self._open(key) as file:
            file.seek(start)
            left = length
            while left is None or left > 0:
                chunk = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk

    def size(self, key: str) -> int:
        with self._open(key) as file:
            return os.fstat(file.fileno()).st_size

    def delete(self, key: str) -> None:
        (self._root / checked(key)).unlink(missing_ok=True)

    def _open(self, key: str) -> BinaryIO:
        try:
            # A link is never followed: whoever can write here must not read elsewhere.
            handle = os.open(self._root / checked(key), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ELOOP}:
                raise NotFoundError(f"no bytes under {key}") from None
            raise
        return os.fdopen(handle, "rb")


def _sync_folder(folder: Path) -> None:
    # The rename itself has to survive a power cut.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
