"""Those who ask: callers that ask again at once, listeners, and one that breaks off an upload."""

import asyncio
import json
import re
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

HOST = "127.0.0.1"
#: The upload that is cut: so many bytes are announced, and so many sent.
ANNOUNCED_BYTES = 10_000_000
SENT_BYTES = 6_000_000


def _post(query: str) -> bytes:
    body = json.dumps({"query": query, "variables": {"id": "500"}}).encode()
    return (
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )


#: As little work as a query can be: what the server itself costs shows most.
ROW = _post("query($id: ID!) { file(id: $id) { id name mediaType sizeBytes createdAt } }")
#: About the 2 ms that a list of ten takes on the platform, with its keys, scopes and limits.
PAGE = _post("{ files { id name mediaType sizeBytes createdAt } }")
WAITING = b"GET /waiting HTTP/1.1\r\nHost: localhost\r\n\r\n"

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Caller(asyncio.Protocol):
    """One connection, kept; its next request leaves when the last one is answered."""

    def __init__(self, request: bytes, took: list[float], failed: asyncio.Future[None]) -> None:
        self._request = request
        self._took = took
        self._failed = failed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        if length and head.startswith(b"HTTP/1.1 200") and b"errors" not in body:
            self._took.append(time.perf_counter() - self._asked)
            self._ask()
        else:
            self._fail(self._answer.decode())

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server closed the connection: {exc}")

    def _ask(self) -> None:
        self._answer = b""
        self._asked = time.perf_counter()
        self.transport.write(self._request)

    def _fail(self, reason: str) -> None:
        if not self._failed.done():
            self._failed.set_exception(RuntimeError(reason))


async def call(port: int, request: bytes, *, connections: int, seconds: float) -> list[float]:
    """Return how long each answer took; anything but an answer is an error."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    failed = loop.create_future()
    callers = [
        (await loop.create_connection(lambda: Caller(request, took, failed), HOST, port))[1]
        for _ in range(connections)
    ]
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(failed, seconds)
    finally:
        for caller in callers:
            caller.transport.abort()
    return took


class Listener(asyncio.Protocol):
    """One that waits for events."""

    heard = False

    def __init__(self, path: str) -> None:
        self._path = path

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.heard = self.heard or b": beat" in data


@asynccontextmanager
async def listening(port: int, path: str, *, count: int) -> AsyncIterator[int]:
    """Keep so many listeners while the block runs; it is told how many have heard something."""
    loop = asyncio.get_running_loop()
    listeners = [
        (await loop.create_connection(lambda: Listener(path), HOST, port))[1] for _ in range(count)
    ]
    await asyncio.sleep(3)
    try:
        yield sum(listener.heard for listener in listeners)
    finally:
        for listener in listeners:
            listener.transport.abort()


def cut_upload(port: int, path: str) -> None:
    """Send a part of what was announced, give the server time to take it, and reset."""
    head = f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {ANNOUNCED_BYTES}\r\n\r\n"
    with socket.create_connection((HOST, port), timeout=10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(head.encode() + bytes(SENT_BYTES))
        time.sleep(0.5)
    time.sleep(0.5)
