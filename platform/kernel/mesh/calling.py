"""One request to another service over HTTP, as somebody, by a token that is good for it alone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

from kernel import hops
from kernel.database import positions
from kernel.discovery.connections import connections
from kernel.errors import UnavailableError
from kernel.http import seconds_to_wait
from kernel.identity.service_tokens import Request, issue_token
from kernel.mesh import metrics
from kernel.mesh.destination import NoAnswerError, Verdict
from kernel.mesh.destinations import destinations
from kernel.observability.context import current_ids, exemplar
from kernel.observability.tracing import span
from kernel.tenancy.context import Principal

#: Who does not take a connection within this time is not there.
CONNECT_SECONDS = 1.0
#: What an answer may have; what is larger is asked for in pieces, or by `fetching`.
MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_FAILED = frozenset({502, 503, 504})
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a service answered, whatever that is."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def unavailable(self, message: str) -> UnavailableError:
        """Return an error that says for how long the service asks to wait, if it does."""
        error = UnavailableError(message)
        seconds = seconds_to_wait(self.headers.get("Retry-After", ""))
        if seconds is not None:
            error.retry_after_seconds = seconds
        return error


def call(  # noqa: PLR0913  what a request consists of
    service: str,
    method: str,
    path: str,
    *,
    principal: Principal,
    seconds: float,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    idempotent: bool | None = None,
) -> Called:
    """Send a request to a process of a service, connecting and all tries within so many seconds.

    What is safe by its method, has an idempotency key, or is said to be idempotent may be sent
    more than once. Raises UnavailableError without an answer, DeadlineExceededError when whoever
    waits for us waits no longer.
    """
    sent = {"Content-Type": "application/json", **positions.to_send(), **(headers or {})}
    if idempotent is None:
        idempotent = method in _SAFE or "Idempotency-Key" in sent

    told = {"http.request.method": method, "peer.service": service, "url.path": path}

    def send(url: str, left: float) -> Called:
        # A token is used once, so each try has its own.
        token = issue_token(service, principal, Request(method, path, body))
        with span(f"{method} {service}", "client", told) as here:
            own = {
                "Authorization": f"Service {token}",
                "traceparent": current_ids().traceparent,
                **hops.to_send(left),
                **sent,
            }
            called = exchange(method, url + path, body=body, headers=own, seconds=left)
            here.set("http.response.status_code", called.status)
            if called.status >= 500:
                here.fail(str(called.status))
            return called

    begun, outcome = time.perf_counter(), "none"
    try:
        called: Called = destinations.far(service, judge, leaves).call(
            send, seconds=seconds, idempotent=idempotent
        )
        outcome = f"{called.status // 100}xx"
    finally:
        metrics.SECONDS.labels(service, outcome).observe(time.perf_counter() - begun, exemplar())
    positions.received(called.headers)
    return called


def exchange(
    method: str, url: str, *, body: bytes, headers: Mapping[str, str], seconds: float
) -> Called:
    """Send one request to one process, and return what it answers; raises NoAnswerError.

    Whoever answers drop by drop, or without end, gives no answer.
    """
    ends_at = time.monotonic() + seconds
    try:
        response = connections().request(
            method,
            url,
            body=body or None,
            headers=headers,
            timeout=urllib3.Timeout(total=seconds, connect=min(seconds, CONNECT_SECONDS)),
            redirect=False,
            preload_content=False,
        )
        answered = _whole(response, ends_at)
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        raise NoAnswerError(type(error).__name__, begun=False) from None
    except urllib3.exceptions.HTTPError as error:
        raise NoAnswerError(type(error).__name__, begun=True) from None
    return Called(status=response.status, headers=response.headers, body=answered)


def _whole(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    """Return the body; raises NoAnswerError, and closes, when time is over or it is too large."""
    whole = bytearray()
    while piece := response.read1(_CHUNK):
        whole += piece
        late = time.monotonic() > ends_at
        if late or len(whole) > MOST_BYTES:
            response.close()
            raise NoAnswerError("too slow" if late else "too large", begun=True)
    return bytes(whole)


def judge(called: Called) -> Verdict:
    """Say by an answer how the process did; errors of the service's own are no failure of that."""
    if called.status not in _FAILED:
        return "well"
    return "busy" if hops.SHED in called.headers else "failed"


def leaves(called: Called) -> bool:
    """Say whether the process is about to end, by its answer."""
    return hops.LEAVING in called.headers
