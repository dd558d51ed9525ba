"""What a WSGI application answers, passed on from its thread at the speed of the client."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from kernel.serving.asgi import SILENCE_SECONDS, ClientGoneError, Message, Scope, Send, client_gone

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Answer:
    """`give` on a thread, then `finish` on the event loop."""

    def __init__(self, scope: Scope, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._client_gone = client_gone(scope)
        self._send = send
        self._loop = loop
        self._start: Message | None = None
        self._left: int | None = None
        self._last = b""
        self._complete = False

    def give(self, application: WSGIApplication, environ: dict[str, Any]) -> None:
        """Run the application; a client that leaves ends it quietly, or spares it the work."""
        if self._client_gone():
            return
        chunks = application(environ, self._start_response)
        try:
            for chunk in chunks:
                self._take(chunk)
            self._complete = True
        except ClientGoneError:
            return
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()

    async def finish(self) -> None:
        """Send what is left, and the end."""
        if self._complete:
            await self._pass_start()
            await self._send({"type": "http.response.body", "body": self._last})

    def _take(self, chunk: bytes) -> None:
        if self._left is not None:
            self._left -= len(chunk)
            if self._left == 0:
                # The whole answer is known: it leaves with the end, in one step.
                self._last += chunk
                return
        asyncio.run_coroutine_threadsafe(self._pass(chunk), self._loop).result()

    async def _pass(self, chunk: bytes) -> None:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._pass_start()
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            raise ClientGoneError(f"the client took nothing for {SILENCE_SECONDS:g} s") from None
        if self._client_gone():
            # uvicorn drops what is sent to nobody, and says nothing.
            raise ClientGoneError("the client left in the middle of the answer")

    async def _pass_start(self) -> None:
        if self._start is not None:
            start, self._start = self._start, None
            await self._send(start)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> None:
        for name, value in headers:
            if name.lower() == "content-length":
                self._left = int(value)
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
            ],
        }
