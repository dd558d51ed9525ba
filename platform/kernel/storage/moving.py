"""Two stores while bytes move from one to the other: reads find them in either."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, cast

from kernel.errors import NotFoundError
from kernel.storage.clients import ClientStorage
from kernel.storage.joined import Joined
from kernel.storage.port import Draft, Storage


class MovingStorage:
    """What is new goes to the one store; what is not there yet is found in the other."""

    def __init__(self, new: Storage, old: Storage) -> None:
        self.new = new
        self.old = old

    def save(self, key: str, source: BinaryIO, *, locked_until: datetime | None = None) -> int:
        return self.new.save(key, source, locked_until=locked_until)

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        return self.holding(key).read(key, start=start, length=length)

    def size(self, key: str) -> int:
        return self.holding(key).size(key)

    def exists(self, key: str) -> bool:
        return self.new.exists(key) or self.old.exists(key)

    def delete(self, key: str) -> None:
        # The old one first: what is moved meanwhile is in the new one, and goes from there.
        self.old.delete(key)
        self.new.delete(key)

    def keys(self, app: str) -> Iterator[str]:
        yield from self.new.keys(app)
        yield from (key for key in self.old.keys(app) if not self.new.exists(key))

    def draft(self, key: str, *, mark: str = "", size: int = 0) -> Draft:
        if not size:
            return self.new.draft(key, mark=mark)
        try:
            return self.new.draft(key, mark=mark, size=size)
        except NotFoundError:
            return self.old.draft(key, mark=mark, size=size)

    def publish(self, key: str, *, mark: str, size: int) -> None:
        try:
            self.new.publish(key, mark=mark, size=size)
        except NotFoundError:
            self.old.publish(key, mark=mark, size=size)

    def discard(self, key: str, *, mark: str) -> None:
        self.old.discard(key, mark=mark)
        self.new.discard(key, mark=mark)

    def join(self, key: str, parts: Sequence[str]) -> None:
        if all(self.new.exists(part) for part in parts):
            self.new.join(key, parts)
        else:
            chunks = (chunk for part in parts for chunk in self.read(part))
            self.new.save(key, cast(BinaryIO, Joined(chunks)))

    def discard_drafts(self, *, before: datetime) -> int:
        return self.old.discard_drafts(before=before) + self.new.discard_drafts(before=before)

    def hold(self, key: str, *, held: bool) -> bool:
        return self.holding(key).hold(key, held=held)

    def locks(self) -> bool:
        return self.new.locks()

    def retain(self, key: str, *, until: datetime) -> bool:
        return self.holding(key).retain(key, until=until)

    def for_clients(self, *, address: str = "") -> ClientStorage | None:
        return self.new.for_clients(address=address)

    def holding(self, key: str) -> Storage:
        """Return the store that has it; the new one when none has."""
        if self.new.exists(key) or not self.old.exists(key):
            return self.new
        return self.old
