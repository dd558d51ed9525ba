"""Answers that need nothing but memory, given on the event loop itself: no thread is asked."""

import time
from collections.abc import Callable
from io import BytesIO

from kernel.headers import FOR_PROGRAMS, came_by_https, transport_security
from kernel.http import Asked, Reply
from kernel.observability.requests import RequestMetrics
from kernel.serving.asgi import DJANGO, Message, Receive, Scope, Send
from kernel.serving.bridge import environ_of
from kernel.serving.lane import ProgramRequest, is_for_programs

_HEADERS = [(name.lower().encode(), value.encode()) for name, value in FOR_PROGRAMS]


class Quick:
    """A raw ASGI application in front of Django, for POSTs of programs (`kernel.serving.lane`).

    `answer` may not wait, for a database or anything else: what is not in memory, and what is
    wrong, it leaves to Django by returning None. The answers are counted under the name and not
    logged one by one.
    """

    def __init__(self, name: str, answer: Callable[[Asked], Reply | None]) -> None:
        self._answer = answer
        self._metrics = RequestMetrics(name)
        self._transport_security = transport_security()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        reply = None
        if first["type"] == "http.request" and not first.get("more_body"):
            reply = self._quick(scope, first.get("body", b""))
        if reply is None:
            await scope["state"][DJANGO](scope, _again(first, receive), send)
            return
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", b"%d" % len(reply.body)),
            *((name.lower().encode(), value.encode()) for name, value in reply.headers.items()),
            *_HEADERS,
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _quick(self, scope: Scope, body: bytes) -> Reply | None:
        started = time.perf_counter()
        environ = environ_of(scope)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        if not is_for_programs(environ):
            return None
        reply = self._answer(ProgramRequest(environ))
        if reply is not None:
            if self._transport_security and came_by_https(environ):
                reply.headers["Strict-Transport-Security"] = self._transport_security
            self._metrics.began()
            self._metrics.ended(reply.status, time.perf_counter() - started)
        return reply


def _again(first: Message, receive: Receive) -> Receive:
    """Give what was received already, and then what comes."""
    waiting = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
