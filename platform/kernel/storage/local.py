"""Bytes in a folder of this machine."""

import errno
import fcntl
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kernel.errors import InvalidInputError, NotFoundError
from kernel.storage.port import DraftBusyError, StorageFullError, checked

CHUNK_BYTES = 256 * 1024
#: Of one file into another, by the kernel: nothing of it is in our memory.
COPIED_BYTES = 64 * 1024 * 1024
#: Pieces that one call takes (IOV_MAX).
_MOST_WRITTEN = 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStorage:
    """Files under a root; a draft becomes visible by one rename, after it is on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # On the same file system as the rest, and found at once when they have to be discarded.
        self._drafts = root / "drafts"
        self._growing = root / "growing"

    def save(self, key: str, source: BinaryIO, *, locked_until: datetime | None = None) -> int:
        path = self._path(key)
        with _room_or_error(), self._new(path) as file:
            return _copy(source, file)

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

    def keys(self, app: str) -> Iterator[str]:
        for path in (self._root / app).glob("*/*"):
            yield path.relative_to(self._root).as_posix()

    def draft(self, key: str, *, mark: str = "", size: int = 0) -> "LocalDraft":
        if mark:
            # It gives none: this is another store's.
            raise NotFoundError(f"bytes on their way to {key} are lost")
        path = self._grows_at(key)
        with _room_or_error():
            _make_folder(path.parent)
            draft = LocalDraft(path, key, size)
            _sync_folder(path.parent)
        return draft

    def publish(self, key: str, *, mark: str, size: int) -> None:
        path, draft = self._path(key), self._grows_at(key)
        _make_folder(path.parent)
        try:
            draft.rename(path)
        except FileNotFoundError:
            if not size:
                self.save(key, io.BytesIO())
            elif not self.exists(key):
                raise NotFoundError(f"no bytes on their way to {key}") from None
        _sync_folder(path.parent)

    def discard(self, key: str, *, mark: str) -> None:
        self._grows_at(key).unlink(missing_ok=True)

    def join(self, key: str, parts: Sequence[str]) -> None:
        with _room_or_error(), self._new(self._path(key)) as file:
            for part in parts:
                with self._open(part) as source:
                    while os.copy_file_range(source.fileno(), file.fileno(), COPIED_BYTES):
                        pass
            os.fsync(file.fileno())

    def discard_drafts(self, *, before: datetime) -> int:
        left = [draft for draft in self._drafts.glob("*") if _changed(draft) < before.timestamp()]
        for draft in left:
            draft.unlink(missing_ok=True)
        return len(left)

    def hold(self, key: str, *, held: bool) -> bool:
        self.size(key)
        return False

    def locks(self) -> bool:
        return False

    def retain(self, key: str, *, until: datetime) -> bool:
        self.size(key)
        return False

    def for_clients(self, *, address: str = "") -> None:
        return None

    @contextmanager
    def _new(self, path: Path) -> Iterator[BinaryIO]:
        """Give a file to write; at the end of the block it appears there, unless that failed."""
        self._drafts.mkdir(parents=True, exist_ok=True)
        _make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=self._drafts)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _grows_at(self, key: str) -> Path:
        return self._growing / Path(checked(key)).name

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


class LocalDraft:
    """A file that grows; its lock goes with its process."""

    def __init__(self, path: Path, key: str, size: int) -> None:
        # One that is lost is not begun anew: another store may have it.
        create = 0 if size else os.O_CREAT
        try:
            self._handle = os.open(path, os.O_RDWR | create | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            raise NotFoundError(f"bytes on their way to {key} are lost") from None
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Published between its opening and its lock it is no draft any more: cut, it would lose
            # bytes that somebody reads.
            if os.fstat(self._handle).st_size < size or not _is_at(self._handle, path):
                raise NotFoundError(f"bytes on their way to {key} are lost")
            os.ftruncate(self._handle, size)
            os.lseek(self._handle, size, os.SEEK_SET)
        except BaseException as error:
            self.close()
            if isinstance(error, BlockingIOError):
                raise DraftBusyError("somebody else still writes these bytes") from None
            raise

    def write(self, chunks: Sequence[bytes]) -> None:
        with _room_or_error():
            for start in range(0, len(chunks), _MOST_WRITTEN):
                some = chunks[start : start + _MOST_WRITTEN]
                written = os.writev(self._handle, some)
                if written < sum(map(len, some)):
                    # Most often the disk is full, which writing the rest will say.
                    rest = memoryview(b"".join(some))[written:]
                    while rest:
                        rest = rest[os.write(self._handle, rest) :]

    def sync(self) -> str:
        with _room_or_error():
            os.fsync(self._handle)
        return ""

    def close(self) -> None:
        os.close(self._handle)


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


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


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
