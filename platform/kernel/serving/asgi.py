"""What ASGI applications are made of, and the short answers given without one."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from kernel.errors import DomainError
from kernel.headers import FOR_PROGRAMS

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

#: A client that neither sends nor takes anything for so long is gone.
SILENCE_SECONDS = 30.0
#: Where our protocol tells in a scope's `state` whether the connection is closed.
CLIENT_GONE = "septet.client_gone"
#: Where the router gives a raw application Django, for what that is to answer instead.
DJANGO = "septet.django"
#: Where a view finds the body that it is not given, in a scope's state and in WSGI's environment.
HANDOVER = "septet.handover"


class ClientGoneError(OSError):
    """The client left, or fell silent, before its request or our answer was through."""


def client_gone(scope: Scope) -> Callable[[], bool]:
    """Return what tells, on any thread, whether the client has left; ASGI itself cannot."""
    asked: Callable[[], bool] = scope.get("state", {}).get(CLIENT_GONE, bool)
    return asked


async def refuse(send: Send, error: DomainError, more: Mapping[str, str] | None = None) -> None:
    """Answer with an error in the one JSON form, and nothing else but these headers."""
    extensions = {"code": error.code}
    body = orjson.dumps({"errors": [{"message": str(error), "extensions": extensions}]})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in FOR_PROGRAMS),
        *((name.lower().encode(), value.encode()) for name, value in (more or {}).items()),
    ]
    if error.retryable:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
