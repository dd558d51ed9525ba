"""Folders to work on files in: gone with the work, or, where that was killed, before the next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Give a folder of one's own among temporary files, and remove it with all that is in it.

    A process that is killed leaves its folder behind, gigabytes of it in the same container: those
    of this prefix, that nobody holds any more, are removed first.
    """
    _clear(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        draft = folder / f"{_LOCK}.draft"
        with draft.open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Called so once it is held: one that is free is of somebody who was killed.
            draft.rename(folder / _LOCK)
            yield folder


def _clear(prefix: str) -> None:
    for found in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        # What another has removed, holds, or made.
        with suppress(OSError):
            if found.lstat().st_uid == os.getuid() and _is_free(found / _LOCK):
                shutil.rmtree(found, ignore_errors=True)


def _is_free(lock: Path) -> bool:
    """Say whether nobody holds a lock; raises OSError where there is none."""
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
