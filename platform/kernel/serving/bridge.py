"""Django's WSGI application behind an ASGI server: bodies stream, threads are bounded."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from kernel.errors import DomainError, PayloadTooLargeError, UnavailableError
from kernel.serving.answer import Answer, WSGIApplication
from kernel.serving.asgi import (
    CLIENT_GONE,
    HANDOVER,
    ClientGoneError,
    Receive,
    Scope,
    Send,
    client_gone,
    refuse,
)
from kernel.serving.body import Body
from kernel.serving.crew import Crew, CrewBusyError
from kernel.serving.environ import variable_of

#: Requests that may wait for a thread, for each thread.
WAITING_PER_THREAD = 16
#: Files go out in pieces of this size; Django's own 4 KB would cost a step between threads each.
FILE_CHUNK_BYTES = 256 * 1024


class Bridge:
    """An ASGI application that answers with a WSGI application on threads of its own."""

    def __init__(
        self, application: WSGIApplication, *, threads: int, most_body_bytes: int | None = None
    ) -> None:
        self._application = application
        self._most_body_bytes = most_body_bytes
        self._crew = Crew(most=threads, most_waiting=threads * WAITING_PER_THREAD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except DomainError as error:
            await refuse(send, error)
        except ClientGoneError:
            pass

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        length = environ.get("CONTENT_LENGTH")
        if self._most_body_bytes is not None and int(length or 0) > self._most_body_bytes:
            raise PayloadTooLargeError(
                f"a request has at most {self._most_body_bytes} bytes, found {length}"
            )
        loop = asyncio.get_running_loop()
        body = Body(receive, loop)
        collected = await body.collect(sized=length is not None)
        if collected is not None:
            environ["CONTENT_LENGTH"] = str(collected)
        environ["wsgi.input"] = body
        environ[CLIENT_GONE] = client_gone(scope)
        if (handover := scope.get("state", {}).get(HANDOVER)) is not None:
            environ[HANDOVER] = handover
        answer = Answer(scope, send, loop)
        await self._on_thread(partial(answer.give, self._application, environ), loop)
        await answer.finish()

    async def _on_thread(self, work: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        finished = loop.create_future()

        def run() -> None:
            failure: BaseException | None = None
            try:
                # A context of its own: the next request on this thread sees nothing of this one.
                Context().run(work)
            except BaseException as error:  # noqa: BLE001  raised again where it is awaited
                failure = error
            with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(_settle, finished, failure)

        try:
            self._crew.submit(run)
        except CrewBusyError:
            raise UnavailableError("too many requests are waiting; try again in a moment") from None
        await finished

    def close(self) -> None:
        """End the threads once they are idle."""
        self._crew.close()


def _settle(finished: "asyncio.Future[None]", failure: BaseException | None) -> None:
    if finished.done():
        return
    if failure is None:
        finished.set_result(None)
    else:
        finished.set_exception(failure)


class _Pieces(FileWrapper):
    def __init__(self, file: Any, _size: int = 0) -> None:
        super().__init__(file, FILE_CHUNK_BYTES)


def environ_of(scope: Scope) -> dict[str, Any]:
    """Return the request as PEP 3333 wants it, without its body."""
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
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": _Pieces,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            # X_Real_Ip would look like the X-Real-Ip that only the edge may set.
            continue
        name = variable_of(raw_name.decode("latin-1"))
        value = raw_value.decode("latin-1")
        if name in environ:
            # RFC 9110, section 5.3, and RFC 9113, section 8.2.3, for the one that differs.
            separator = "; " if name == "HTTP_COOKIE" else ","
            value = f"{environ[name]}{separator}{value}"
        environ[name] = value
    return environ
