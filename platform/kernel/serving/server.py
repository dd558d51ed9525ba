"""The server of a process: listens, answers, and stops without dropping what it has begun."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import uvicorn

from kernel.observability import health
from kernel.serving.bridge import Bridge, WSGIApplication


class AddressInUseError(Exception):
    """Something else listens where we were told to."""


class Server(uvicorn.Server):
    """uvicorn, with signals left to us: it would raise them again when all is done."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Told only now: whoever reads the address may connect or send a signal at once.
        await super().startup(sockets)
        self._on_listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(
    application: WSGIApplication,
    *,
    host: str,
    port: int,
    threads: int,
    stop_timeout: timedelta,
    on_listening: Callable[[str], None],
) -> None:
    """Answer requests until SIGINT or SIGTERM; then finish those that have begun.

    `on_listening` is told the URL, with the port the system chose where 0 was asked for.
    Raises AddressInUseError.
    """
    listener = _listen(host, port)
    bridge = Bridge(application, threads=threads)
    config = uvicorn.Config(
        bridge,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(stop_timeout.total_seconds())),
        h11_max_incomplete_event_size=16_384,
    )
    server = Server(config, lambda: on_listening(_url(listener)))
    try:
        server.run(sockets=[listener])
    finally:
        health.drain()
        bridge.close()
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressInUseError(
            f"cannot listen on {host}:{port}: {error.strerror}; set PORT or HOST to another"
        ) from None
    listener.listen(1024)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1", "::1"} else host  # noqa: S104
    return f"http://{shown}:{port}"
