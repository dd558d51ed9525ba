"""The real server in tests: on a thread, at a free port, stopped at the end."""

import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from threading import Event, Thread

from kernel.serving.answer import WSGIApplication
from kernel.serving.asgi import ASGIApplication
from kernel.serving.bridge import Bridge
from kernel.serving.router import Router
from kernel.serving.server import Server, listen

#: What a test waits for takes milliseconds; this is when it gives up.
GIVE_UP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs beside the test."""

    port: int
    server: Server
    thread: Thread

    def client(self) -> AbstractContextManager[HTTPConnection]:
        """Return a client for the time of a block."""
        return closing(HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_SECONDS))

    def connect(self, sent: bytes) -> socket.socket:
        """Return a bare connection over which this was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), GIVE_UP_SECONDS)
        connection.sendall(sent)
        return connection

    def tell_to_stop(self) -> None:
        """Do what SIGTERM does to a process."""
        self.server.handle_exit(signal.SIGTERM, None)


@contextmanager
def serving(
    application: WSGIApplication,
    *,
    raw: Mapping[str, ASGIApplication] | None = None,
    threads: int = 2,
    most_body_bytes: int | None = None,
    stop_timeout: timedelta = timedelta(seconds=GIVE_UP_SECONDS),
) -> Iterator[Served]:
    """Serve a WSGI application, and raw ones beside it, while the block runs."""
    listener = listen("127.0.0.1", 0)
    bridge = Bridge(application, threads=threads, most_body_bytes=most_body_bytes)
    listening = Event()
    server = Server(
        Router(bridge, raw or {}),
        stop_timeout=stop_timeout,
        on_listening=listening.set,
        on_stopping=lambda: None,
    )
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    port = listener.getsockname()[1]
    thread.start()
    try:
        listening.wait(GIVE_UP_SECONDS)
        yield Served(port, server, thread)
    finally:
        server.handle_exit(signal.SIGTERM, None)
        thread.join(GIVE_UP_SECONDS)
        bridge.close()
