"""Calls to addresses that somebody gave us: checked, pinned, bounded, recorded."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from urllib3.response import HTTPResponse

from kernel.observability.tracing import span
from kernel.outbound.errors import OutboundRefusedError, OutboundUnusableError
from kernel.outbound.faults import translated
from kernel.outbound.gate import place_at
from kernel.outbound.headers import checked, for_another_origin, with_ours, without_body
from kernel.outbound.limits import Limits, Watch
from kernel.outbound.reach import Reach, check_addresses, check_port
from kernel.outbound.record import Record, recorded
from kernel.outbound.resolver import resolve
from kernel.outbound.urls import Target, follow, parse
from kernel.outbound.wire import connection

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
CHUNK_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: What we ask for, and nothing of it twice over: a coding in a coding is how bombs are built.
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    #: Found whatever the case of a name.
    headers: Mapping[str, str]
    body: bytes
    #: What answered, after redirects.
    url: str


class Stream:
    """An answer whose body is still to come."""

    def __init__(self, target: Target, answer: HTTPResponse, limits: Limits) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.url = target.url
        self._target, self._answer, self._limits = target, answer, limits

    def chunks(self) -> Iterator[bytes]:
        """Give the body piece by piece, decompressed; raises as `fetch` does."""
        left = self._limits.response_bytes
        while True:
            with translated(self._target.host, self._limits):
                # One more than may come, so that nothing beyond it is unpacked.
                chunk = self._answer.read(min(CHUNK_BYTES, left + 1), decode_content=True)
            if not chunk:
                return
            left -= len(chunk)
            if left < 0:
                raise OutboundUnusableError(
                    f"the answer of {self._target.host} is longer than"
                    f" {self._limits.response_bytes} bytes"
                )
            yield chunk


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None
    reach: Reach


def fetch(
    method: str,
    url: str,
    *,
    purpose: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
    reach: Reach = Reach.PUBLIC,
) -> Response:
    """Call an address that somebody gave and return its whole answer, whatever the status.

    `purpose` is a word of the code, such as `webhook`: it labels metrics and log lines. Raises
    OutboundRefusedError and calls nothing when a rule forbids it, OutboundFailedError when no
    answer comes in time, OutboundUnusableError when an answer is not to be had by trying again.
    """
    with open_stream(
        method, url, purpose=purpose, body=body, headers=headers, limits=limits, reach=reach
    ) as stream:
        content = b"".join(stream.chunks())
    return Response(stream.status, stream.headers, content, stream.url)


@contextmanager
def open_stream(
    method: str,
    url: str,
    *,
    purpose: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
    reach: Reach = Reach.PUBLIC,
) -> Iterator[Stream]:
    """Call as `fetch` does and let the body be read in the block, for what is too large to hold."""
    if method not in METHODS:
        raise ValueError(f"no method of a call: {method!r}")
    watch = Watch(limits)
    record = Record(purpose, method)
    with recorded(record), span(f"{method} {purpose}", "client") as here:
        first = parse(url)
        here.set("server.address", first.host)
        request = _Request(method, first, checked(headers or {}), body, reach)
        for _ in range(limits.redirects + 1):
            record.origin = request.target.origin
            with _answer(request, watch) as answer:
                location = _location(answer, limits)
                if location is None:
                    record.status = answer.status
                    here.set("http.response.status_code", answer.status)
                    yield Stream(request.target, answer, limits)
                    return
            request = _redirected(request, answer.status, location)
        raise OutboundRefusedError(
            "redirects", f"{first.host} redirects more than {limits.redirects} times"
        )


@contextmanager
def _answer(request: _Request, watch: Watch) -> Iterator[HTTPResponse]:
    """Check a target, connect to what was checked, and let its answer be read in the block."""
    target, limits = request.target, watch.limits
    check_port(target, request.reach)
    with ExitStack() as open_things:
        with translated(target.host, limits):
            open_things.enter_context(place_at(target.host, watch.left()))
            addresses = resolve(target, watch.to_connect())
            check_addresses(target, addresses, request.reach)
            there = connection(target, addresses, watch)
            open_things.callback(there.close)
            watch.expect_head()
            # It may answer before it has heard everything, such as that this is too much.
            with suppress(BrokenPipeError):
                there.request(
                    request.method,
                    target.path,
                    body=request.body,
                    headers=with_ours(request.headers),
                    preload_content=False,
                )
            answer = there.getresponse()
            open_things.callback(answer.close)
            watch.head_is_read()
            _check_coding(target, answer)
        yield answer


def _check_coding(target: Target, answer: HTTPResponse) -> None:
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _CODINGS:
        raise OutboundUnusableError(f"{target.host} answers in a coding that was not asked for")


def _location(answer: HTTPResponse, limits: Limits) -> str | None:
    """Return where an answer sends us, if it does and we would go."""
    if limits.redirects and answer.status in _REDIRECTS:
        return answer.headers.get("Location")
    return None


def _redirected(request: _Request, status: int, location: str) -> _Request:
    """Return the request of the next hop; raises OutboundRefusedError where it may not go."""
    target = follow(request.target, location)
    if (request.target.scheme, target.scheme) == ("https", "http"):
        raise OutboundRefusedError(
            "redirects", f"{request.target.host} redirects from https to http"
        )
    elsewhere = target.origin != request.target.origin
    headers = for_another_origin(request.headers) if elsewhere else request.headers
    # The operator's word is for one address, not for those that it names.
    following = replace(
        request, target=target, headers=headers, reach=Reach.PUBLIC if elsewhere else request.reach
    )
    asks_anew = request.method == "POST" if status in {301, 302} else status == 303
    if asks_anew and request.method not in {"GET", "HEAD"}:
        return replace(following, method="GET", body=None, headers=without_body(headers))
    if elsewhere and request.body:
        raise OutboundRefusedError("redirects", "a redirect would carry the body to another host")
    return following
