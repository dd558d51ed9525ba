"""Django's WSGI application behind an ASGI server: bodies stream, threads are bounded."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from kernel import hops
from kernel.errors import (
    DeadlineExceededError,
    DomainError,
    PayloadTooLargeError,
    UnavailableError,
)
from kernel.serving import admission
from kernel.serving.admission import Admission
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
#: So many probes and scrapes at the same time come before all else; more of them are requests as
#: any other, for anybody may send them.
MOST_PROBES = 8
_OF_OPERATORS = ("/health/", "/metrics")
_HOPS = {name.lower().encode(): name for name in (hops.TIME_LEFT, hops.PRIORITY)}


class Bridge:
    """An ASGI application that answers with a WSGI application on threads of its own."""

    def __init__(
        self, application: WSGIApplication, *, threads: int, most_body_bytes: int | None = None
    ) -> None:
        self._application = application
        self._most_body_bytes = most_body_bytes
        self._crew = Crew(most=threads, most_waiting=threads * WAITING_PER_THREAD)
        self._probes = 0
        # As many as there are threads may always wait, too.
        self._admission = Admission(least=2 * threads, most=threads * (1 + WAITING_PER_THREAD))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except ShedError as error:
            await refuse(send, error, {hops.SHED: "1"})
        except DomainError as error:
            await refuse(send, error)
        except ClientGoneError:
            pass

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        turn = _Turn(headers=_of_hops(scope), probe=scope["path"].startswith(_OF_OPERATORS))
        if not turn.probe and not self._admission.has_room(turn.urgency):
            # Before its body is taken in.
            raise _shed()
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
        # Who sends slowly, or takes the end slowly, holds no place meanwhile.
        with self._place(turn):
            await self._on_thread(partial(answer.give, self._application, environ), loop, turn)
        await answer.finish()

    @contextmanager
    def _place(self, turn: "_Turn") -> Iterator[None]:
        """Have a request among those that are taken on; raises ShedError."""
        if turn.probe and self._probes < MOST_PROBES:
            # How a process is that has too much to do, is to be seen then above all.
            turn.first = True
            self._probes += 1
            try:
                yield
            finally:
                self._probes -= 1
            return
        if not self._admission.take(turn.urgency):
            raise _shed()
        try:
            yield
        finally:
            self._admission.ended(turn.waited)

    async def _on_thread(
        self, work: Callable[[], None], loop: asyncio.AbstractEventLoop, turn: "_Turn"
    ) -> None:
        finished = loop.create_future()
        turn.submitted = time.monotonic()

        def run() -> None:
            failure: BaseException | None = None
            try:
                # A context of its own: the next request on this thread sees nothing of this one.
                Context().run(turn.take, work)
            except BaseException as error:  # noqa: BLE001  raised again where it is awaited
                failure = error
            with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(_settle, finished, failure)

        try:
            self._crew.submit(run, first=turn.first)
        except CrewBusyError:
            raise _shed() from None
        await finished

    def close(self) -> None:
        """End the threads once they are idle."""
        self._crew.close()


class ShedError(UnavailableError):
    """There is too much to do; what was asked was not begun, so another process may be asked."""


@dataclass(slots=True, kw_only=True)
class _Turn:
    """A request on its way to a thread."""

    headers: Mapping[str, str] = field(default_factory=dict)
    #: It asks how the process is.
    probe: bool = False
    #: Before all others.
    first: bool = False
    submitted: float = 0.0
    #: None until it is begun.
    waited: float | None = None

    @property
    def urgency(self) -> int:
        return hops.urgency_in(self.headers.get(hops.PRIORITY, ""))

    def take(self, work: Callable[[], None]) -> None:
        """Do it, unless whoever asked waits no longer."""
        self.waited = time.monotonic() - self.submitted
        with hops.arrived(self.headers, at=self.submitted):
            left = hops.seconds_left()
            if left is not None and left <= 0:
                admission.SHED.labels("late").inc()
                raise DeadlineExceededError("whoever asked waits no longer: it was not begun")
            work()


def _shed() -> ShedError:
    admission.SHED.labels("busy").inc()
    return ShedError("too many requests are waiting; try again in a moment")


def _of_hops(scope: Scope) -> dict[str, str]:
    return {
        _HOPS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _HOPS
    }


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
