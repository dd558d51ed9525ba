"""HTTP/1.1 with bounds that uvicorn leaves open: how much a head holds, and how long it takes."""

import asyncio
from functools import partial
from select import POLLIN, poll
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kernel.errors import DomainError
from kernel.serving.asgi import CLIENT_GONE, Receive, Scope, Send, refuse

#: Request line and headers.
MOST_HEAD_BYTES = 64 * 1024
#: A GraphQL query by GET is in the URL; what is longer goes by POST.
MOST_URL_BYTES = 16 * 1024
MOST_HEADERS = 100
HEAD_SECONDS = 10.0
#: How long we read on, and drop it, after a refusal: who sends still would lose our answer to the
#: reset that closing on unread bytes is (RFC 9112 section 9.6).
LINGER_SECONDS = 2.0

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"


class HeadTooLargeError(DomainError):
    """The headers of the request are too many, or too long."""

    code = "HEADERS_TOO_LARGE"
    status = 431


class UrlTooLongError(DomainError):
    """The URL of the request is longer than we read; a query may be sent by POST."""

    code = "URL_TOO_LONG"
    status = 414


class Protocol(HttpToolsProtocol):
    """One connection; whoever sends its head too slowly, or without end, loses it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes: int | None = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_begins()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_ends()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_begins()

    def shutdown(self) -> None:
        """End an idle connection, unless a request has come by it that we have not read yet."""
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        if idle and not self.transport.is_closing() and self._has_unread():
            return
        super().shutdown()

    def _has_unread(self) -> bool:
        # Not `select`, which knows the first 1,024 descriptors of a process alone.
        waiting = poll()
        waiting.register(self.transport.get_extra_info("socket"), POLLIN)
        return bool(waiting.poll(0))

    def on_headers_complete(self) -> None:
        self._head_ends()
        # Before the application begins. Not the request's own state: that would be a cycle.
        self.scope["state"][CLIENT_GONE] = self.transport.is_closing
        error = self._too_much()
        if error is None:
            super().on_headers_complete()
            return
        # Answered in its turn, as any other request of this connection.
        application, self.app = self.app, partial(_refuse, error)
        try:
            super().on_headers_complete()
        finally:
            self.app = application

    def _too_much(self) -> DomainError | None:
        if len(self.url) > MOST_URL_BYTES:
            return UrlTooLongError(f"a URL has at most {MOST_URL_BYTES} bytes")
        if len(self.headers) > MOST_HEADERS:
            return HeadTooLargeError(
                f"a request has at most {MOST_HEADERS} headers, found {len(self.headers)}"
            )
        # A head that comes in one piece was not counted while it came.
        if sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD_BYTES:
            return HeadTooLargeError(f"headers have at most {MOST_HEAD_BYTES} bytes")
        return None

    def _head_begins(self) -> None:
        self._head_ends()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _head_ends(self) -> None:
        self._head_bytes = None
        if self._head_timer:
            self._head_timer.cancel()

    def _refuse(self, answer: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._head_ends()
        earlier: RequestResponseCycle | None = self.cycle
        if earlier and not earlier.response_complete:
            # Ours would stand in the midst of its answer.
            self.transport.close()
            return
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


async def _refuse(error: DomainError, _scope: Scope, _receive: Receive, send: Send) -> None:
    await refuse(send, error)
