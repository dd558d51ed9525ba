"""Bodies that Django lets in and does not read: they stream past it, with no thread for any.

A raw ASGI application in front of Django. Django gets the request without its body and says who may
send it; a view that takes it hands over what is to become of the body, and its answer waits.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any

from django.http import HttpRequest

from kernel.errors import DomainError, UnavailableError
from kernel.http import Reply, error_reply, unexpected
from kernel.serving.asgi import (
    DJANGO,
    HANDOVER,
    SILENCE_SECONDS,
    ClientGoneError,
    Message,
    Receive,
    Scope,
    Send,
    client_gone,
)
from kernel.serving.body import SilentClientError

#: What is told of a body, which Django is not to wait for.
_BODY: Message = {"type": "http.response.body", "body": b""}
_OF_THE_BODY = {b"content-length", b"transfer-encoding", b"expect"}


class Incoming:
    """The body of a request as it comes; `length` is None where that is not told."""

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        self._ended = False
        self.length = length

    async def read(self) -> bytes:
        """Return what has come since; nothing at the end.

        Raises ClientGoneError, also when this process is to stop, and SilentClientError.
        """
        while not self._ended:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await self._receive()
            except TimeoutError:
                raise SilentClientError(f"nothing came for {SILENCE_SECONDS:g} s") from None
            if message["type"] == "http.disconnect":
                raise ClientGoneError("the client left in the middle of the body")
            self._ended = not message.get("more_body", False)
            if body := message.get("body", b""):
                return bytes(body)
        return b""


class Streamed(Reply):
    """An answer whose body comes in chunks; its length, if it is known, is among its headers."""

    def __init__(self, chunks: AsyncIterator[bytes], status: int, headers: dict[str, str]) -> None:
        super().__init__(b"", status, headers=headers)
        self.chunks = chunks


#: Takes the body in, on the event loop, and says what is answered. Headers it gives win over those
#: of the view.
Taker = Callable[[Incoming], Coroutine[Any, Any, Reply]]


class Handover:
    """What a view reads of a body that it is not given, and who takes it."""

    def __init__(self, length: int | None) -> None:
        #: None of a body whose end tells itself.
        self.length = length
        self.taker: Taker | None = None
        self._context = Context()

    def to(self, taker: Taker) -> None:
        """Let this take the body once the view has answered, as whoever acts now."""
        self.taker, self._context = taker, copy_context()

    async def take(self, incoming: Incoming) -> Reply:
        """Let it take the body."""
        if self.taker is None:
            raise RuntimeError("nobody has said who takes this body")
        return await asyncio.create_task(self.taker(incoming), context=self._context)


def handover_of(request: HttpRequest) -> Handover:
    """Return the handover of a request; raises UnavailableError under another server than ours."""
    found: Handover | None = request.META.get(HANDOVER)
    if found is None:
        raise UnavailableError("bodies of this path are taken in by the platform's own server only")
    return found


class BodyReceiver:
    """An ASGI application for paths whose bodies views hand over."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        django = scope["state"][DJANGO]
        length = _length(scope)
        handover = Handover(length)
        asked = {
            **scope,
            "headers": [one for one in scope["headers"] if one[0].lower() not in _OF_THE_BODY],
            "state": {**scope["state"], HANDOVER: handover},
        }
        held = _Held(scope, send, handover)
        await django(asked, _nothing, held)
        if handover.taker is None:
            return
        try:
            reply = await handover.take(Incoming(receive, length))
        except ClientGoneError:
            # If it is this process that goes, somebody is there to read it.
            reply = error_reply(UnavailableError("the request was broken off; try again"))
        except DomainError as error:
            reply = error_reply(error)
        except Exception as error:  # noqa: BLE001  the funnel of everything that goes wrong
            reply = unexpected(error)
        await held.answer(reply)


class _Held:
    """Passes on what Django answers, but keeps the headers where a body is handed over."""

    def __init__(self, scope: Scope, send: Send, handover: Handover) -> None:
        self._client_gone = client_gone(scope)
        self._send = send
        self._handover = handover
        self._headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, message: Message) -> None:
        if self._handover.taker is None:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._headers = message["headers"]

    async def answer(self, reply: Reply) -> None:
        """Answer so, with what Django's middlewares said beside it."""
        told, chunks = {"Content-Length": str(len(reply.body))}, _once(reply.body)
        if isinstance(reply, Streamed):
            told, chunks = {}, reply.chunks
        told |= reply.headers
        if reply.body:
            told["Content-Type"] = reply.content_type
        given = [(name.lower().encode(), value.encode("latin-1")) for name, value in told.items()]
        # What Django says of its own body, which is none, does not hold for this one.
        names = {name for name, _ in given} | {b"content-type", b"content-length"}
        headers = [one for one in self._headers if one[0].lower() not in names]
        if reply.status == 204:
            given = [one for one in given if one[0] != b"content-length"]
        start = {"type": "http.response.start", "status": reply.status, "headers": headers + given}
        await self._send(start)
        try:
            async for chunk in chunks:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await self._send({**_BODY, "body": chunk, "more_body": True})
                if self._client_gone():
                    return
            await self._send(_BODY)
        except TimeoutError:
            # It takes nothing: it is as good as gone.
            return


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _length(scope: Scope) -> int | None:
    headers: dict[bytes, Any] = {name.lower(): value for name, value in scope["headers"]}
    if b"transfer-encoding" in headers:
        return None
    # The parser has refused whatever is no number.
    return int(headers.get(b"content-length", 0))
