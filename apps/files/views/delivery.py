"""Contents on their way out (RFC 9110): by this process, by nginx before it, or by S3."""

import secrets
from collections.abc import AsyncIterator, Generator, Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from apps.files import conf
from apps.files.adapters.sealed import StoredBytes
from apps.files.adapters.stores import store_of
from apps.files.domain.digests import sha256_field, wants_sha256
from apps.files.domain.ranges import Span, UnsatisfiableError, matches, wanted_spans
from apps.files.domain.serving import played_inline, shown_inline, type_served
from apps.files.errors import PreconditionError, RangeError
from apps.files.selectors.contents import Content
from apps.files.services.transfers import on_thread
from apps.files.views.uploads import bare
from kernel.http import Reply, error_response
from kernel.serving.handover import Incoming, Streamed, handover_of
from kernel.storage.local import LocalStorage

#: Where nginx finds the folder of the store; no address of ours begins so.
ACCELERATED = "/_files/"
#: Nothing in it runs, whatever a browser takes it for, and by no other origin's right.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def give(request: HttpRequest, content: Content, *, inline: bool) -> HttpResponse:
    """Answer a GET or a HEAD with a content, or a part of it, in the way that the settings say.

    `inline` lets a browser show it if nothing in it can run. Raises PreconditionError.
    """
    inline = inline and _may_show(request)
    told = _headers(request, content, inline=inline)
    tag = told["ETag"]
    expected = request.headers.get("If-Match")
    if expected is not None and not matches(expected, tag, weak=False):
        raise PreconditionError(f"the file is {tag}")
    known = request.headers.get("If-None-Match")
    if known is not None and matches(known, tag, weak=True):
        return bare(304, told)
    elsewhere = _elsewhere(request, content, told, inline=inline)
    return elsewhere or _streamed(request, content, told)


def _may_show(request: HttpRequest) -> bool:
    origin = conf.content_origin()
    return not origin or request.get_host() == origin.partition("//")[2]


def _headers(request: HttpRequest, content: Content, *, inline: bool) -> dict[str, str]:
    """Return what is told of a content with each part of it."""
    shown = inline and shown_inline(content.content_type, content.detected_type)
    told = {
        "Content-Type": type_served(content.content_type),
        "Content-Disposition": str(content_disposition_header(not shown, content.name)),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{content.sha256}"',
        # The verdict may change: it is asked for each time.
        "Cache-Control": "private, no-cache",
    }
    if wants_sha256(request.headers.get("Want-Repr-Digest")):
        told["Repr-Digest"] = sha256_field(content.sha256)
    return told


def _elsewhere(
    request: HttpRequest, content: Content, told: dict[str, str], *, inline: bool
) -> HttpResponse | None:
    """Let nginx or S3 give the bytes, if that is the way and they have them."""
    way = conf.delivery()
    # Who does not have the key gives out nothing that anybody can read.
    if request.method != "GET" or way == "stream" or content.stored.data_key is not None:
        return None
    key = content.stored.key
    store = store_of(key)
    # nginx knows another entity tag than ours, so it cannot judge this.
    if way == "x-accel" and isinstance(store, LocalStorage) and "If-Range" not in request.headers:
        return bare(200, told | {"X-Accel-Redirect": f"{ACCELERATED}{key}"})
    clients = store.for_clients(address=conf.s3_address()) if way == "redirect" else None
    if clients is None:
        return None
    # S3 tells a browser neither not to guess nor not to run: only what cannot run is shown.
    shown = inline and played_inline(content.content_type, content.detected_type)
    url = clients.fetch_url(
        key,
        time=conf.redirect_time(),
        content_type=told["Content-Type"],
        disposition=str(content_disposition_header(not shown, content.name)),
    )
    return bare(302, {"Location": url, "Cache-Control": "private, no-store"})


def _streamed(request: HttpRequest, content: Content, told: dict[str, str]) -> HttpResponse:
    size, gets = content.stored.size, request.method == "GET"
    try:
        wanted = wanted_spans(request.headers, told["ETag"], size) if gets else []
    except UnsatisfiableError as error:
        refused = error_response(RangeError(str(error)))
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    if not wanted and wants_sha256(request.headers.get("Want-Content-Digest")):
        told["Content-Digest"] = sha256_field(content.sha256)
    body = _Body(content.stored, wanted, told)

    async def send(_incoming: Incoming) -> Reply:
        chunks = body.chunks() if gets else None
        # Before anything is answered: what the store cannot give is told by its code.
        first = await on_thread(lambda: next(chunks, b"")) if chunks else b""
        return Streamed(threaded(first, chunks), body.status, told)

    handover_of(request).to(send)
    return bare(body.status)


class _Body:
    """All of a file, a part of it, or several with what tells them apart (RFC 9110, 14.6)."""

    def __init__(self, stored: StoredBytes, wanted: Sequence[Span], told: dict[str, str]) -> None:
        self._stored, size = stored, stored.size
        self.status = 206 if wanted else 200
        spans = wanted or [Span(0, size)]
        self._parts = [(b"", span) for span in spans]
        self._end = b""
        if len(wanted) == 1:
            told["Content-Range"] = wanted[0].told(size)
        elif wanted:
            mark = secrets.token_hex(16)
            self._parts = [
                (_head(mark, span.told(size), told["Content-Type"]), span) for span in spans
            ]
            self._end = f"\r\n--{mark}--\r\n".encode()
            told["Content-Type"] = f"multipart/byteranges; boundary={mark}"
        length = sum(len(head) + span.end - span.start for head, span in self._parts)
        told["Content-Length"] = str(length + len(self._end))

    def chunks(self) -> Generator[bytes, None, None]:
        """Read it."""
        for head, span in self._parts:
            if head:
                yield head
            yield from self._stored.read(start=span.start, length=span.end - span.start)
        if self._end:
            yield self._end


def _head(mark: str, span: str, content_type: str) -> bytes:
    return f"\r\n--{mark}\r\nContent-Type: {content_type}\r\nContent-Range: {span}\r\n\r\n".encode()


async def threaded(
    first: bytes, chunks: Generator[bytes, None, None] | None
) -> AsyncIterator[bytes]:
    """Read on threads of the store, each chunk when the one before it has gone out."""
    chunk = first
    try:
        while chunk:
            yield chunk
            chunk = await on_thread(lambda: next(chunks, b"")) if chunks else b""
    finally:
        if chunks:
            chunks.close()
