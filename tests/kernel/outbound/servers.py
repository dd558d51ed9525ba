"""A server on loopback that says what a test wants it to, and counts who comes."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_LENGTH = re.compile(rb"Content-Length: (\d+)")
Say = Callable[[socket.socket, bytes], None]
Accept = Callable[[socket.socket], None]


class Canary:
    """Listens on loopback; `hits` are the heads of the requests that came."""

    def __init__(self, say: Say, accept: Accept | None) -> None:
        self._say = say
        self._serve = accept or self._hear_and_say
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.hits: list[bytes] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        self._threads[0].start()

    def stop(self) -> None:
        # Closing alone does not wake a thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while True:
            try:
                there, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(there,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, there: socket.socket) -> None:
        there.settimeout(10)
        with there, suppress(OSError):
            self._serve(there)

    def _hear_and_say(self, there: socket.socket) -> None:
        head, body = b"", b""
        while b"\r\n\r\n" not in head and (more := there.recv(65536)):
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        # A larger body is for the test to take or to leave.
        while length and len(body) < int(length[1]) < 1_000_000:
            body += there.recv(65536)
        head += b"\r\n\r\n" + body
        self.hits.append(head)
        self._say(there, head)


def says(*parts: bytes) -> Say:
    """Return what sends these bytes."""

    def say(there: socket.socket, _head: bytes) -> None:
        for part in parts:
            there.sendall(part)

    return say


def answer(body: bytes = b"ok", status: str = "200 OK", *fields: str) -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """Return an answer that sends elsewhere."""
    return answer(b"", status, f"Location: {location}")


@contextmanager
def canary(say: Say | None = None, *, accept: Accept | None = None) -> Iterator[Canary]:
    """A server for the length of a block: it answers a request, or does what `accept` says."""
    made = Canary(say or says(answer()), accept)
    made.start()
    try:
        yield made
    finally:
        made.stop()
