"""What a store lets clients do by themselves: send it bytes, and fetch them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """A request that a client makes as it stands; whatever it changes is refused."""

    method: str
    url: str
    #: All of them are signed.
    headers: dict[str, str] = field(default_factory=dict)
    #: Of a form: these fields first, and the bytes after them as the field `file`.
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a client is going to send, as it says; all of it is signed."""

    size: int
    #: In hexadecimal.
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has come of an upload in parts."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says of the bytes under a key."""

    size: int
    #: In hexadecimal, where the store has summed all of them itself; else empty.
    sha256: str


class ClientStorage(Protocol):
    """A store that clients reach. All of it raises StorageUnavailableError.

    What comes by one request waits beside its key until `accept`: as long as its address is good, a
    client may send other bytes there, so nobody reads them where they are.
    """

    def put_request(self, key: str, sent: Sent, *, time: timedelta) -> ClientRequest:
        """Return a PUT of exactly these bytes, good for so long."""
        ...

    def form_request(self, key: str, sent: Sent, *, time: timedelta) -> ClientRequest:
        """Return a form with a policy for exactly these bytes, good for so long."""
        ...

    def accept(self, key: str) -> None:
        """Let what came by one request be the bytes under the key. Twice changes nothing.

        Raises NotFoundError when nothing has come.
        """
        ...

    def discard_incoming(self, *, before: datetime) -> int:
        """Forget what came before then and was never accepted; return how many."""
        ...

    def begin_parts(self, key: str, *, content_type: str) -> str:
        """Return the mark of an upload in parts; `Storage.discard` ends it."""
        ...

    def part_request(
        self, key: str, mark: str, *, number: int, size: int, time: timedelta
    ) -> ClientRequest:
        """Return a PUT of a part of this size, good for so long."""
        ...

    def parts(self, key: str, mark: str) -> list[Part]:
        """Return which parts have come, in their order; raises NotFoundError once it has ended."""
        ...

    def join_parts(self, key: str, mark: str, parts: list[Part]) -> None:
        """Let these be the bytes under the key. Twice changes nothing."""
        ...

    def kept(self, key: str) -> Kept:
        """Return what there is under the key; raises NotFoundError."""
        ...

    def fetch_url(self, key: str, *, time: timedelta, content_type: str, disposition: str) -> str:
        """Return where the bytes are fetched for so long, told to be of this type."""
        ...
