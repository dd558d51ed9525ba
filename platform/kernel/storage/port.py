"""What every store of bytes can do."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from kernel.errors import DomainError, InvalidInputError
from kernel.ids import new_id
from kernel.storage.clients import ClientStorage

_KEY = re.compile(r"[a-z]+/[0-9a-f]{2}/[0-9a-f-]{36}")


class StorageFullError(DomainError):
    """There is no room for more bytes; nothing of them was kept."""

    code = "STORAGE_FULL"
    status = 507
    retryable = True


class StorageUnavailableError(DomainError, OSError):
    """The store does not answer, or answers that it cannot; the same request may succeed later."""

    code = "STORAGE_UNAVAILABLE"
    status = 503
    retryable = True


class DraftBusyError(DomainError):
    """Somebody else still writes the same bytes."""

    code = "DRAFT_BUSY"
    status = 423
    retryable = True


class Draft(Protocol):
    """Bytes that come bit by bit, over as many openings as it takes; one writer at a time."""

    def write(self, chunks: Sequence[bytes]) -> None:
        """Add these at the end; raises StorageFullError, StorageUnavailableError."""
        ...

    def sync(self) -> str:
        """Make all that was written last, whatever happens to this process or its machine.

        Returns the mark by which it is opened again. Until it is noted, the one before still is
        good, for the size that there was then.
        """
        ...

    def close(self) -> None:
        """Let another write. What was not made to last may be gone."""
        ...


class Storage(Protocol):
    """A store of bytes. Whoever reads finds them whole or not at all."""

    def save(self, key: str, source: BinaryIO, *, locked_until: datetime | None = None) -> int:
        """Keep all that the source gives and return its size; raises StorageFullError.

        Until then a store that can lock (S3 Object Lock) lets nobody delete it; others pass over
        the wish.

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

    def keys(self, app: str) -> Iterator[str]:
        """Give the keys of an app under which there are bytes, in no order."""
        ...

    def draft(self, key: str, *, mark: str = "", size: int = 0) -> Draft:
        """Open what will once be under the key, at its `mark` of that size; none begins anew.

        What was written beyond the mark is forgotten. Raises DraftBusyError, NotFoundError.
        """
        ...

    def publish(self, key: str, *, mark: str, size: int) -> None:
        """Let the draft be the bytes under its key. Telling it twice changes nothing.

        One of no bytes need not have been opened.
        Raises NotFoundError when there is neither.
        """
        ...

    def discard(self, key: str, *, mark: str) -> None:
        """Forget a draft. Telling it twice changes nothing."""
        ...

    def join(self, key: str, parts: Sequence[str]) -> None:
        """Put under the key what is under these, one after the other; raises NotFoundError."""
        ...

    def discard_drafts(self, *, before: datetime) -> int:
        """Remove what saves begun before then, and cut off, have left; return how many."""
        ...

    def hold(self, key: str, *, held: bool) -> bool:
        """Let nobody delete the bytes, or let go of that; raises NotFoundError.

        False where the store cannot: then what keeps them is the row of whoever asks, alone.
        """
        ...

    def locks(self) -> bool:
        """Say whether it can hold and retain."""
        ...

    def retain(self, key: str, *, until: datetime) -> bool:
        """Let nobody delete the bytes before then, which can be moved later only; as `hold`."""
        ...

    def for_clients(self, *, address: str = "") -> ClientStorage | None:
        """Return what clients may do here by themselves; None where they do not reach it.

        `address` is where they reach it, if that is not where we do.
        """
        ...


def new_key(app: str) -> str:
    """Return a key nobody has used; names that people gave are never part of it."""
    name = str(new_id())
    return f"{app}/{name[-2:]}/{name}"


def is_key(text: str) -> bool:
    """Say whether it is one of ours."""
    return _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Return the key if it is one of ours; raises InvalidInputError."""
    if not is_key(key):
        raise InvalidInputError(f"{key[:80]!r} is no key of this storage")
    return key
