"""The body of a request as a WSGI application reads it: a stream, fed by the event loop."""

import asyncio
from collections.abc import Iterator
from time import monotonic

from kernel.errors import DomainError
from kernel.serving.asgi import SILENCE_SECONDS, ClientGoneError, Receive

#: What of a body is taken in before a thread is, so that a slow sender holds none.
COLLECTED_BYTES = 64 * 1024
#: How long a thread waits for the rest of one body, all waits together: who sends a byte at a time
#: holds it no longer than who sends nothing.
WAITING_SECONDS = 60.0
#: Django reads by length. A body that comes without one is collected, up to this.
UNSIZED_BYTES = 2 * 1024 * 1024


class LengthRequiredError(DomainError):
    """A long body came without telling its length."""

    code = "LENGTH_REQUIRED"
    status = 411


class SilentClientError(DomainError):
    """The rest of the body did not come."""

    code = "REQUEST_TIMEOUT"
    status = 408


class Body:
    """`collect`, then hand to a thread; what has arrived can be read, whatever comes after."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._bytes = bytearray()
        self._ended = False
        self._gone: ClientGoneError | None = None
        self._waited = 0.0

    async def collect(self, *, sized: bool) -> int | None:
        """Take in the beginning; return the length of the body if that was all of it.

        Raises ClientGoneError, SilentClientError or LengthRequiredError.
        """
        most = COLLECTED_BYTES if sized else UNSIZED_BYTES
        while not self._ended and len(self._bytes) <= most:
            try:
                await self._take_in(SILENCE_SECONDS)
            except TimeoutError:
                raise SilentClientError(f"nothing came for {SILENCE_SECONDS:g} s") from None
        if not self._ended and not sized:
            raise LengthRequiredError(f"a body over {UNSIZED_BYTES} bytes needs a Content-Length")
        return len(self._bytes) if self._ended else None

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or what is left; raises ClientGoneError if the end never came."""
        while (size < 0 or len(self._bytes) < size) and self._more():
            pass
        return self._give(len(self._bytes) if size < 0 else size)

    def readline(self, size: int = -1) -> bytes:
        """Return the next line, or so much of it."""
        searched = 0
        while (end := self._bytes.find(b"\n", searched) + 1) == 0:
            searched = len(self._bytes)
            if 0 <= size <= searched or not self._more():
                end = searched
                break
        return self._give(end if size < 0 else min(end, size))

    def readlines(self, _hint: int = -1) -> list[bytes]:
        """Return the lines that are left."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _give(self, size: int) -> bytes:
        given = bytes(self._bytes[:size])
        del self._bytes[:size]
        return given

    def _more(self) -> bool:
        """Wait for bytes. Of a client that left, first give what came, then raise."""
        if not self._ended and self._gone is None:
            began = monotonic()
            left = min(SILENCE_SECONDS, max(0.0, WAITING_SECONDS - self._waited))
            try:
                asyncio.run_coroutine_threadsafe(self._take_in(left), self._loop).result()
            except TimeoutError:
                self._gone = ClientGoneError(
                    f"the client sent nothing for {SILENCE_SECONDS:g} s"
                    if left == SILENCE_SECONDS
                    else f"the body did not come within {WAITING_SECONDS:g} s"
                )
            except ClientGoneError as error:
                self._gone = error
            else:
                self._waited += monotonic() - began
                return True
        if self._gone is not None and not self._bytes:
            raise self._gone
        return False

    async def _take_in(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError("the client left in the middle of the body")
        self._ended = not message.get("more_body", False)
        self._bytes += message.get("body", b"")
