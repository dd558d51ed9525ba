"""The source of an import, on the disk of whoever works on it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from apps.importexport.conf import SOURCE_BYTES, URL_TIME
from apps.importexport.errors import SourceUnreadableError
from apps.importexport.models import ImportJob
from kernel.identity.rights import remaining_rights
from kernel.jobs.running import current_job
from kernel.mesh.fetching import fetched
from kernel.outbound.client import open_stream
from kernel.outbound.limits import Limits
from kernel.storage import storage
from kernel.storage.port import new_key
from kernel.tenancy.context import acting_as

_IDLE = timedelta(seconds=30)
_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file in a folder that is there for it and what is made of it."""

    path: Path
    folder: Path
    name: str
    version: int | None = None


@contextmanager
def source_of(job: ImportJob) -> Iterator[Source]:
    """Give the source, as whoever asked for the import may read it now.

    Raises ForbiddenError, NotFetchedError, PayloadTooLargeError, UnavailableError.
    """
    with tempfile.TemporaryDirectory(prefix="septet-import-") as name:
        folder = Path(name)
        path = folder / "source"
        if job.source_key:
            with path.open("wb") as out:
                for chunk in storage().read(job.source_key):
                    out.write(chunk)
            yield Source(path=path, folder=folder, name=_name_of(job.source_url))
            return
        with (
            acting_as(remaining_rights(job.asked_by)),
            fetched(
                str(job.source_id), version=job.source_version, most_bytes=SOURCE_BYTES.value()
            ) as file,
            path.open("wb") as out,
        ):
            for chunk in file.chunks:
                out.write(chunk)
                current_job().check()
        yield Source(path=path, folder=folder, name=file.name, version=file.version)


def keep_url(url: str) -> str:
    """Return the key in our store of what is had from a URL now.

    Raises OutboundRefusedError and calls nothing where a rule forbids it; OutboundFailedError,
    OutboundUnusableError, SourceUnreadableError.
    """
    limits = Limits(
        idle=_IDLE,
        total=URL_TIME.value(),
        response_bytes=SOURCE_BYTES.value(),
        redirects=_REDIRECTS,
    )
    with (
        tempfile.TemporaryFile() as out,
        open_stream("GET", url, purpose="import", limits=limits) as stream,
    ):
        if stream.status != 200:
            raise SourceUnreadableError(f"{urlsplit(url).hostname} answers {stream.status}")
        for chunk in stream.chunks():
            out.write(chunk)
            current_job().check()
        out.seek(0)
        key = new_key("importexport")
        storage().save(key, out)
    return key


def _name_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
