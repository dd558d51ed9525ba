"""Bytes in a folder of this machine."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kernel.errors import InvalidInputError, NotFoundError
from kernel.storage.port import StorageFullError, checked

CHUNK_BYTES = 256 * 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStorage:
    """Files under a root; a draft becomes visible by one rename, after it is on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # On the same file system as the rest, and found at once when they have to be discarded.
        self._drafts = root / "drafts"

    def save(self, key: str, source: BinaryIO) -> int:
        path = self._path(key)
        with _room_or_error():
            self._drafts.mkdir(parents=True, exist_ok=True)
            _make_folder(path.parent)
            handle, name = tempfile.mkstemp(dir=self._drafts)
            draft = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    size = _copy(source, file)
                draft.rename(path)
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

    def exists(self, key: str) -> bool:
        path = self._path(key)
        return path.is_file() and not path.is_symlink()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def discard_drafts(self, *, before: datetime) -> int:
        left = [draft for draft in self._drafts.glob("*") if _changed(draft) < before.timestamp()]
        for draft in left:
            draft.unlink(missing_ok=True)
        return len(left)

    def _open(self, key: str) -> BinaryIO:
        try:
            handle = os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ELOOP}:
                raise NotFoundError(f"no bytes under {key}") from None
            raise
        return os.fdopen(handle, "rb")

    def _path(self, key: str) -> Path:
        path = self._root / checked(key)
        # A link out of the root is never followed: whoever can write here must not read elsewhere.
        if not path.parent.resolve().is_relative_to(self._root.resolve()):
            raise InvalidInputError(f"{key} leads out of the storage")
        return path


def _copy(source: BinaryIO, file: BinaryIO) -> int:
    """Write all that the source gives, down to the disk; return its size."""
    size = 0
    while chunk := source.read(CHUNK_BYTES):
        file.write(chunk)
        size += len(chunk)
    file.flush()
    os.fsync(file.fileno())
    return size


@contextmanager
def _room_or_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFullError("the disk is full; nothing was kept") from error
        raise


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)
        _sync_folder(folder.parent.parent)


def _sync_folder(folder: Path) -> None:
    # The names in it, too, have to survive a power cut.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _changed(draft: Path) -> float:
    try:
        return draft.stat().st_mtime
    except FileNotFoundError:  # its save has ended meanwhile
        return float("inf")
