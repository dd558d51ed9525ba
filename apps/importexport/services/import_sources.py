"""The source of an import, on the disk of whoever works on it: its beginning, or all of it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from apps.importexport.adapters.endpoints.ports import Seen
from apps.importexport.conf import SOURCE_BYTES, URL_TIME
from apps.importexport.errors import SourceTooLargeError, SourceUnreadableError
from apps.importexport.models import ImportJob
from apps.importexport.services.endpoints import endpoint_of, store_at
from kernel.errors import UnavailableError
from kernel.http import passes
from kernel.identity.rights import remaining_rights
from kernel.jobs.running import current_job
from kernel.mesh.fetching import fetched
from kernel.outbound.client import open_stream
from kernel.outbound.limits import Limits
from kernel.scratch import scratch
from kernel.storage import storage
from kernel.storage.port import new_key
from kernel.tenancy.context import acting_as

#: A look at a text takes no more of it, packed or not.
HEAD_BYTES = 4_000_000
_IDLE = timedelta(seconds=30)
_REDIRECTS = 5


@dataclass(slots=True, kw_only=True)
class Source:
    """A file in a folder that is there for it and what is made of it, as far as it was fetched."""

    path: Path
    folder: Path
    name: str
    version: int | None = None
    #: Of a file at a place outside.
    seen: Seen | None = None
    chunks: Iterator[bytes]

    def fetch(self, most: int | None = None) -> None:
        """Have so many more bytes in the file, or all."""
        had = 0
        with self.path.open("ab") as out:
            while most is None or had < most:
                chunk = next(self.chunks, None)
                if chunk is None:
                    return
                out.write(chunk)
                had += len(chunk)
                current_job().check()


@contextmanager
def source_of(job: ImportJob) -> Iterator[Source]:
    """Give the whole source, as whoever asked for the import may read it now.

    Raises ForbiddenError, NotFetchedError, PayloadTooLargeError, UnavailableError; of a place
    outside also what that answers, and SourceChangedError for what is not the same any more.
    """
    with opened(job) as source:
        source.fetch()
        yield source


@contextmanager
def opened(job: ImportJob) -> Iterator[Source]:
    """Give the source before a byte of it is fetched; raises as `source_of` does."""
    with ExitStack() as open_things:
        folder = open_things.enter_context(scratch("septet-import-"))
        path = folder / "source"
        if job.source_key:
            name, chunks = _name_of(job.source_url), storage().read(job.source_key)
            yield Source(path=path, folder=folder, name=name, chunks=chunks)
            return
        if job.endpoint_id is not None:
            seen, chunks = _outside(job)
            open_things.enter_context(closing(cast("Generator[bytes]", chunks)))
            yield Source(
                path=path, folder=folder, name=_name_of(job.source_path), seen=seen, chunks=chunks
            )
            return
        with acting_as(remaining_rights(job.asked_by)):
            file = open_things.enter_context(
                fetched(
                    str(job.source_id), version=job.source_version, most_bytes=SOURCE_BYTES.value()
                )
            )
        yield Source(
            path=path, folder=folder, name=file.name, version=file.version, chunks=file.chunks
        )


def keep_url(url: str, *, look: Callable[[Path], None]) -> str:
    """Return the key in our store of what is had from a URL now.

    Of a long one `look` is called once, as soon as its beginning is there. Raises
    OutboundRefusedError and calls nothing where a rule forbids it; OutboundFailedError,
    OutboundUnusableError; SourceUnreadableError, or UnavailableError for an answer that may be
    another later.
    """
    limits = Limits(
        idle=_IDLE,
        total=URL_TIME.value(),
        response_bytes=SOURCE_BYTES.value(),
        redirects=_REDIRECTS,
    )
    with (
        scratch("septet-import-") as folder,
        (folder / "source").open("w+b") as out,
        open_stream("GET", url, purpose="import", limits=limits) as stream,
    ):
        if stream.status != 200:
            told = f"{urlsplit(url).hostname} answers {stream.status}"
            raise UnavailableError(told) if passes(stream.status) else SourceUnreadableError(told)
        size = 0
        for chunk in stream.chunks():
            out.write(chunk)
            current_job().check()
            before, size = size, size + len(chunk)
            if before < HEAD_BYTES <= size:
                out.flush()
                look(folder / "source")
        out.seek(0)
        key = new_key("importexport")
        storage().save(key, out)
    return key


def _outside(job: ImportJob) -> tuple[Seen, Iterator[bytes]]:
    """Return what a file at a place outside is, and its bytes: of the one that was looked at."""
    with acting_as(remaining_rights(job.asked_by)):
        place = store_at(endpoint_of(str(job.endpoint_id)))
    if job.source_mark:
        seen = Seen(size_bytes=job.source_bytes, mark=job.source_mark)
    else:
        seen = place.look(job.source_path)
    if seen.size_bytes > SOURCE_BYTES.value():
        raise SourceTooLargeError(
            f"{job.source_path} has {seen.size_bytes:,} bytes, and {SOURCE_BYTES.value():,} are"
            " read at most"
        )
    return seen, place.read(job.source_path, seen)


def _name_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
