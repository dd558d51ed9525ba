"""Connections that ask the same again as soon as they are answered.

At the end each waits for its last answer: what a server has begun is counted, however slow it is.
A generator that hangs up (wrk) would leave eight of ten requests of a slow server out of its count.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any, cast

HOST = "127.0.0.1"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class AnswerError(Exception):
    """A server answered something else than data."""


@dataclass(frozen=True, slots=True)
class Load:
    """How long all of it took, and each answer."""

    seconds: float
    took: list[float]


def http_request(path: str, body: dict[str, Any], headers: dict[str, str]) -> bytes:
    """Return a POST of JSON as it goes over the wire."""
    content = json.dumps(body).encode()
    all_headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def load(
    port: int, request: bytes, *, connections: int, seconds: float = 0, least: int = 0
) -> Load:
    """Ask for so long and at least so often over kept connections; raises AnswerError."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    began = time.perf_counter()
    callers = [
        Caller(request, took, until=began + seconds, least=least) for _ in range(connections)
    ]
    try:
        for caller in callers:
            await loop.create_connection(lambda caller=caller: caller, HOST, port)
        await asyncio.gather(*(caller.finished for caller in callers))
    finally:
        for caller in callers:
            caller.hang_up()
    return Load(time.perf_counter() - began, took)


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, took: list[float], *, until: float, least: int) -> None:
        self._request = request
        self._took = took
        self._until = until
        self._least = least
        self._transport: asyncio.Transport | None = None
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._size:
            try:
                self._size = whole_size(self._answer)
            except AnswerError as error:
                self._fail(str(error))
        if not self._size or len(self._answer) < self._size:
            return
        if not self._answer.startswith(b"HTTP/1.1 200") or b'"errors"' in self._answer:
            self._fail(self._answer[:1_000].decode())
            return
        now = time.perf_counter()
        self._took.append(now - self._asked)
        if now < self._until or len(self._took) < self._least:
            self._ask()
        else:
            self.finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server closed the connection: {exc}")

    def hang_up(self) -> None:
        if self._transport:
            self._transport.abort()

    def _ask(self) -> None:
        self._answer = bytearray()
        self._size = 0
        self._asked = time.perf_counter()
        if self._transport:
            self._transport.write(self._request)

    def _fail(self, reason: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(AnswerError(reason))


def whole_size(answer: bytearray) -> int:
    """Return how long the answer is with its head, or 0 while the head is not complete.

    Raises AnswerError.
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    length = _LENGTH.search(answer, 0, end + 4)
    if not length:
        raise AnswerError(f"no Content-Length: {answer[:end].decode()}")
    return end + 4 + int(length[1])
