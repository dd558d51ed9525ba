"""Django's WSGI application behind an ASGI server: bodies stream, threads are bounded."""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any
from urllib.parse import unquote_to_bytes

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: A body up to this size is collected before a thread is taken, so a slow sender holds none.
COLLECTED_BYTES = 64 * 1024
#: Requests that may wait for a thread, for each thread.
WAITING_PER_THREAD = 16
_BUSY_BODY = (
    b'{"errors": [{"message": "too many requests are waiting; try again in a moment",'
    b' "extensions": {"code": "UNAVAILABLE"}}]}'
)


class ClientGoneError(OSError):
    """The client closed the connection before the body or the answer was through."""


class Bridge:
    """An ASGI application that answers with a WSGI application on its own threads."""

    def __init__(self, application: WSGIApplication, *, threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._most = threads * (1 + WAITING_PER_THREAD)
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        if self._open >= self._most:
            await _refuse(send)
            return
        self._open += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self._open -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        body = Body(receive, loop)
        try:
            await body.collect(COLLECTED_BYTES)
        except ClientGoneError:
            return
        answer = Answer(send, loop)
        # A context of its own: nothing that one request sets is seen by the thread's next one.
        await loop.run_in_executor(
            self._pool, Context().run, answer.give, self._application, _environ(scope, body)
        )
        await answer.finish()

    def close(self) -> None:
        """End the threads once they are idle."""
        self._pool.shutdown(wait=False)


class Body(io.RawIOBase):
    """The request's body as the stream a WSGI application reads, filled from the event loop."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._chunk = b""
        self._ended = False

    async def collect(self, limit: int) -> None:
        """Take the body in until it ends or is longer than the limit; raises ClientGoneError."""
        chunks: list[bytes] = []
        size = 0
        while not self._ended and size <= limit:
            chunk = await self._next()
            size += len(chunk)
            chunks.append(chunk)
        self._chunk = b"".join(chunks)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._chunk and not self._ended:
            self._chunk = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        size = min(len(buffer), len(self._chunk))
        buffer[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        return size

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError("the client left in the middle of the body")
        self._ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


class Answer:
    """What the WSGI application says; the last chunk waits, so that a short answer is one hop."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._send = send
        self._loop = loop
        self._start: Message | None = None
        self._sent_start = False
        self._held: bytes | None = None

    def give(self, application: WSGIApplication, environ: dict[str, Any]) -> None:
        """Run the application in this thread; a client that leaves ends it quietly."""
        chunks = application(environ, self._start_response)
        try:
            for chunk in chunks:
                if self._held is not None:
                    asyncio.run_coroutine_threadsafe(self._pass_held(), self._loop).result()
                self._held = chunk
        except ClientGoneError:
            self._held = None
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()

    async def finish(self) -> None:
        """Send what is left, and the end."""
        await self._pass_start()
        await self._send(
            {"type": "http.response.body", "body": self._held or b"", "more_body": False}
        )

    async def _pass_held(self) -> None:
        await self._pass_start()
        try:
            await self._send({"type": "http.response.body", "body": self._held, "more_body": True})
        except OSError as error:
            raise ClientGoneError(str(error)) from error

    async def _pass_start(self) -> None:
        if not self._sent_start and self._start is not None:
            self._sent_start = True
            await self._send(self._start)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> None:
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
            ],
        }


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY_BODY})


def _environ(scope: Scope, body: Body) -> dict[str, Any]:
    """Return the request as PEP 3333 wants it."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.get("raw_path") or scope["path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BufferedReader(body, COLLECTED_BYTES),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    return environ
