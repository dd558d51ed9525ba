"""The raw ASGI receiver: uploads and server-sent events below Django."""

import asyncio
from pathlib import Path

from kernel.serving.asgi import ASGIApplication, Receive, Scope, Send


def upload_to(target: Path) -> ASGIApplication:
    """Return an application that writes what arrives, as it arrives."""

    async def upload(_scope: Scope, receive: Receive, send: Send) -> None:
        with target.open("wb", buffering=0) as file:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                file.write(message.get("body", b""))
                more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return upload


async def events(_scope: Scope, receive: Receive, send: Send) -> None:
    """Send a beat every five seconds until the listener leaves."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await receive()
    gone = asyncio.ensure_future(receive())
    while not gone.done():
        await send({"type": "http.response.body", "body": b": beat\n\n", "more_body": True})
        await asyncio.wait([gone], timeout=5)
