"""Paths that Django would be too heavy for: raw ASGI applications beside it, on the same port."""

import asyncio
from collections.abc import Mapping

from kernel import hops
from kernel.serving.asgi import DJANGO, ASGIApplication, Message, Receive, Scope, Send

_mounted: dict[str, ASGIApplication] = {}


def mount(prefix: str, application: ASGIApplication) -> None:
    """Send every path that begins so, such as `/files/api/uploads/`, to a raw ASGI application.

    It is called on the event loop, must not block, and ends its answer when told that the client
    left: that is also how it learns that the process stops. Django is in the scope's state, under
    `DJANGO`.
    """
    _mounted[prefix] = application


def mounted() -> Mapping[str, ASGIApplication]:
    """Return what this process has mounted."""
    return _mounted


_LEAVING = ((b"connection", b"close"), (hops.LEAVING.lower().encode(), b"1"))


class Router:
    """An ASGI application made of Django and of raw applications under their prefixes."""

    def __init__(self, django: ASGIApplication, raw: Mapping[str, ASGIApplication]) -> None:
        self._django = django
        self._raw = dict(raw)
        self._stopping = asyncio.Event()
        self._draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._draining:
            send = _closing(send)
        path = scope["path"]
        for prefix, application in self._raw.items():
            if path.startswith(prefix):
                scope.setdefault("state", {})[DJANGO] = self._django
                await application(scope, self._until_stop(receive), send)
                return
        await self._django(scope, receive, send)

    def drain(self) -> None:
        """End each connection with its next answer: its client begins the next one elsewhere."""
        self._draining = True

    def stop(self) -> None:
        """Let raw applications end; an upload that is cut here is taken up again elsewhere."""
        self._stopping.set()

    def _until_stop(self, receive: Receive) -> Receive:
        async def receive_until_stop() -> Message:
            message = asyncio.ensure_future(receive())
            stop = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait([message, stop], return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                stop.cancel()
                message.cancel()

        return receive_until_stop


def _closing(send: Send) -> Send:
    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), *_LEAVING]
            message = {**message, "headers": headers}
        await send(message)

    return send_and_close
