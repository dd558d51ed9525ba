"""What a place outside can do: take the files of an export, or give one to an import."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from kernel.outbound.errors import OutboundUnusableError
from kernel.outbound.limits import Limits

PURPOSE = "data_endpoint"
#: Of one call: a part of a file, or an answer without one.
LIMITS = Limits(
    connect=timedelta(seconds=10),
    idle=timedelta(seconds=60),
    total=timedelta(minutes=5),
    response_bytes=10_000_000,
)


class GoneError(OutboundUnusableError):
    """The other side says that it wants nothing more, ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file of an export."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    rows: int
    #: Gives its bytes in chunks, from the beginning each time.
    opened: Callable[[], AbstractContextManager[Iterator[bytes]]]
    #: Returns where it is fetched by whoever has that, for so long.
    address: Callable[[timedelta], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An export on its way to one place; `id` is that of the delivery, the same each time."""

    id: str
    export_id: str
    name: str
    dataset: str
    format: str
    rows: int
    #: Of the place, where it has folders.
    folder: str
    parcels: Sequence[Parcel]


class Destination(Protocol):
    """A place that takes exports. Whatever is delivered twice is there once."""

    def deliver(self, package: Package) -> str:
        """Return where it is, once all of it is there; raises a DomainError."""
        ...

    def test(self) -> str:
        """Deliver something that tells of nothing, and say what came of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a file at a place is now: as long as its mark is the same, so is the file."""

    size_bytes: int
    mark: str


class Store(Protocol):
    """A place that gives files to imports."""

    def look(self, path: str) -> Seen:
        """Return what a file is; raises NotFoundError."""
        ...

    def read(self, path: str, seen: Seen) -> Iterator[bytes]:
        """Give the bytes of the file that was seen; raises SourceChangedError for another."""
        ...
