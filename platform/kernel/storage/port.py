"""What every store of bytes can do."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

from kernel.errors import DomainError, InvalidInputError
from kernel.ids import new_id

_KEY = re.compile(r"[a-z]+/[0-9a-f]{2}/[0-9a-f-]{36}")


class StorageFullError(DomainError):
    """There is no room for more bytes; nothing of them was kept."""

    code = "STORAGE_FULL"
    status = 507
    retryable = True


class Storage(Protocol):
    """A store of bytes. Whoever reads finds them whole or not at all."""

    def save(self, key: str, source: BinaryIO) -> int:
        """Keep all that the source gives and return its size; raises StorageFullError.

        What was under the key is replaced as a whole, so a job may save again. If anything fails,
        also in the source, it stays as it was.
        """
        ...

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` on, in chunks; raises NotFoundError at the first."""
        ...

    def size(self, key: str) -> int:
        """Return the number of bytes; raises NotFoundError."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether there are bytes under the key."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes. Telling it twice changes nothing."""
        ...

    def discard_drafts(self, *, before: datetime) -> int:
        """Remove what saves begun before then, and cut off, have left; return how many."""
        ...


def new_key(app: str) -> str:
    """Return a key nobody has used; names that people gave are never part of it."""
    name = str(new_id())
    return f"{app}/{name[-2:]}/{name}"


def checked(key: str) -> str:
    """Return the key if it is one of ours; raises InvalidInputError."""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(f"{key[:80]!r} is no key of this storage")
    return key
