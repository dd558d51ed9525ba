"""Bytes of files as they are stored: plain, or encrypted with a key of their own.

Whoever keeps other bytes that were made of a blob's (a picture of it, its text) keeps them under a
key of their own with the same data key: what was protected stays so.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, cast

from apps.files.adapters.stores import file_store
from apps.files.domain import sealing
from apps.files.domain.sealing import SealedDamagedError, Sealer, sealed_before_last, sealed_size
from apps.files.errors import ContentDamagedError
from kernel.errors import NotFoundError
from kernel.storage.joined import Joined
from kernel.storage.port import Draft

#: Who reads waits for a thread each time.
CHUNKS_AT_ONCE = 4
#: How the mark of an encrypted upload begins; what waits and the store's own mark follow.
_MARK = "sealed "


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Where bytes are, how many they are for whoever reads them, and the key, if there is one."""

    key: str
    size: int
    data_key: bytes | None = field(default=None, repr=False)

    def read(self, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Give the plain bytes from `start` on; raises NotFoundError, ContentDamagedError."""
        if self.data_key is None:
            yield from file_store().read(self.key, start=start, length=length)
            return

        def stored(offset: int, most: int | None) -> Iterator[bytes]:
            return file_store().read(self.key, start=offset, length=most)

        plain = sealing.unsealed(
            stored, self.data_key, self.key, size=self.size, start=start, length=length
        )
        try:
            while chunk := b"".join(islice(plain, CHUNKS_AT_ONCE)):
                yield chunk
        except SealedDamagedError as error:
            raise ContentDamagedError(str(error)) from None

    def save(self, plain: Iterable[bytes]) -> None:
        """Keep these in place of what is there; if anything fails, that stays."""
        chunks = iter(plain)
        if self.data_key is not None:
            chunks = sealing.sealed(chunks, self.data_key, self.key)
        file_store().save(self.key, cast(BinaryIO, Joined(chunks)))


def new_data_key() -> str:
    """Return one as a row is given it."""
    return as_text(sealing.new_data_key())


def as_text(data_key: bytes) -> str:
    """Return one that is known as a row is given it: each encrypts it for itself."""
    return base64.b64encode(data_key).decode()


def from_text(text: str) -> bytes:
    """Return what `as_text` was given."""
    return base64.b64decode(text, validate=True)


def open_draft(key: str, *, mark: str, size: int, data_key: bytes | None) -> Draft:
    """Open bytes on their way, as `Storage.draft` does; with a data key they are encrypted."""
    if data_key is None:
        return file_store().draft(key, mark=mark, size=size)
    return SealedDraft(key, mark, size, data_key)


def publish(key: str, *, mark: str, size: int, data_key: bytes | None) -> None:
    """Let what has come be the bytes under its key, as `Storage.publish` does."""
    if data_key is None:
        file_store().publish(key, mark=mark, size=size)
        return
    draft = None
    try:
        draft = SealedDraft(key, mark, size, data_key)
        mark = draft.end()
    except NotFoundError:
        # It was done before, or nothing is there: the store knows.
        mark = store_mark(mark)
    try:
        file_store().publish(key, mark=mark, size=sealed_size(size))
    finally:
        if draft is not None:
            draft.close()


def store_mark(mark: str) -> str:
    """Return the mark of the store in that of an upload."""
    return _parts(mark)[1]


class SealedDraft:
    """A draft whose store gets whole chunks, encrypted.

    What is less than one, or may be the last, is in the mark, encrypted as well.
    """

    def __init__(self, key: str, mark: str, size: int, data_key: bytes) -> None:
        waiting, inner = _parts(mark)
        try:
            self._sealer = Sealer.resumed(data_key, key, size=size, waiting=waiting)
        except SealedDamagedError as error:
            raise ContentDamagedError(str(error)) from None
        stored = sealed_before_last(size) if size else 0
        self._draft = file_store().draft(key, mark=inner if size else "", size=stored)
        if not size:
            self._draft.write([sealing.MAGIC])

    def write(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            if stored := self._sealer.add(chunk):
                self._draft.write(stored)

    def sync(self) -> str:
        waiting = base64.b64encode(self._sealer.waiting()).decode()
        return f"{_MARK}{waiting} {self._draft.sync()}"

    def close(self) -> None:
        self._draft.close()

    def end(self) -> str:
        """Write the last chunk, and return the mark of the store."""
        self._draft.write(self._sealer.end())
        return self._draft.sync()


def _parts(mark: str) -> tuple[bytes, str]:
    if not mark.startswith(_MARK):
        return b"", mark
    waiting, _, inner = mark.removeprefix(_MARK).partition(" ")
    try:
        return base64.b64decode(waiting, validate=True), inner
    except binascii.Error:
        raise ContentDamagedError("the mark of the upload was changed") from None
