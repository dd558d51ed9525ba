"""Bytes that the files service has, read by another app as whoever acts.

    with fetched(file_id, most_bytes=1_000_000) as file:
        for chunk in file.chunks: ...

The address is asked of the files service, which refuses it to who may not see the file, and
the bytes are read from there: by a call in this process where it is here, else by HTTP. Not to be
called in a transaction.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import urllib3
from django.conf import settings

from kernel.discovery.connections import connections, outside
from kernel.errors import DomainError, PayloadTooLargeError, UnavailableError
from kernel.mesh.client import DEADLINE_SECONDS, RemoteError, mesh
from kernel.mesh.destinations import near_url
from kernel.observability.context import current_ids

#: How long an address is good that is read from at once.
ADDRESS_SECONDS = 3600
#: Between two bytes that come.
SILENCE_SECONDS = 60.0
_CHUNK = 1 << 18

_FILE = """query($id: ID!, $for: Int!, $version: Int) { file(id: $id) {
  name contentType sizeBytes version state signedUrl(seconds: $for, version: $version) } }"""


class NotFetchedError(DomainError):
    """The file is not there, is not given out, or may not be seen; trying again changes nothing."""

    code = "FILE_NOT_FETCHED"
    status = 409


class NotFetchedYetError(DomainError):
    """Nobody has judged the file yet; to be tried again."""

    code = "FILE_NOT_FETCHED_YET"
    status = 503
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file, and its bytes to be read once; `size_bytes` is of the version that it has now."""

    name: str
    content_type: str
    size_bytes: int
    version: int
    chunks: Iterator[bytes]


#: Gives, in this process, what would be had by GET from a path.
Giver = Callable[[str], Iterator[bytes]]
_near: list[Giver] = []
_MOST_REDIRECTS = 3
#: What a file is that somebody is about to look at.
_WAITING = {"QUARANTINED", "SCANNING"}


def give_here(giver: Giver) -> None:
    """Let files be read in this process, which serves them; said once, at start."""
    _near[:] = [giver]


@contextmanager
def fetched(file_id: str, *, most_bytes: int, version: int | None = None) -> Iterator[Fetched]:
    """Give a version of a file, or the one that it has now.

    Raises NotFetchedYetError while it waits to be scanned; NotFetchedError, PayloadTooLargeError;
    UnavailableError, also while it is read.
    """
    asked = {"id": file_id, "for": ADDRESS_SECONDS, "version": version}
    try:
        found = mesh.query("files", _FILE, **asked)["file"]
    except RemoteError as error:
        if error.remote_code in {"NOT_FOUND", "FORBIDDEN", "INVALID_INPUT"}:
            raise NotFetchedError(f"file {file_id}: {error}") from error
        raise UnavailableError(f"files answers {error.remote_code}: {error}") from error
    if found["signedUrl"] is None:
        refusal = NotFetchedYetError if found["state"] in _WAITING else NotFetchedError
        raise refusal(f"file {file_id} is {found['state'].lower()}, and not given out")
    current = version is None or version == found["version"]
    if current and int(found["sizeBytes"]) > most_bytes:
        raise PayloadTooLargeError(
            f"{found['name']!r} has {found['sizeBytes']} bytes, and {most_bytes} are read at most"
        )
    chunks = _bounded(_read(str(found["signedUrl"])), most_bytes)
    try:
        yield Fetched(
            name=found["name"],
            content_type=found["contentType"],
            size_bytes=int(found["sizeBytes"]),
            version=int(found["version"] if version is None else version),
            chunks=chunks,
        )
    finally:
        chunks.close()


def _bounded(chunks: Iterator[bytes], most_bytes: int) -> Generator[bytes, None, None]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise PayloadTooLargeError(f"of a file {most_bytes} bytes are read at most")
        yield chunk


def _read(url: str) -> Iterator[bytes]:
    if url.startswith("/"):
        if "files" in settings.SERVICES and _near:
            return _near[0](url)
        ours = near_url("files")
        return _over_http(ours + url, ours)
    return _over_http(url, None)


def _over_http(url: str, ours: str | None) -> Iterator[bytes]:
    try:
        with _opened(url, ours) as response:
            if response.status != 200:
                raise UnavailableError(f"files answered {response.status} to a download")
            yield from response.stream(_CHUNK)
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"files gave no bytes: {type(error).__name__}") from None


def _opened(url: str, ours: str | None) -> urllib3.BaseHTTPResponse:
    """Ask for a URL, which may send us on to a store; `ours` is where a process of ours is."""
    timeout = urllib3.Timeout(connect=DEADLINE_SECONDS, read=SILENCE_SECONDS)
    for _ in range(1 + _MOST_REDIRECTS):
        # A store has no certificate of the platform's authority.
        is_ours = ours is not None and url.startswith(f"{ours}/")
        response = (connections() if is_ours else outside()).request(
            "GET",
            url,
            headers={"traceparent": current_ids().traceparent} if is_ours else None,
            preload_content=False,
            timeout=timeout,
            redirect=False,
        )
        location = response.get_redirect_location()
        if not location:
            return response
        response.close()
        url = urljoin(url, location)
    raise UnavailableError("files sends us from one address to the next")
