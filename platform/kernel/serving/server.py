"""The server of a process: listens, answers, and stops without dropping what it has begun."""

import asyncio
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn

from kernel.observability import health
from kernel.serving.answer import WSGIApplication
from kernel.serving.bridge import Bridge
from kernel.serving.protocol import Protocol
from kernel.serving.router import Router, mounted

#: Longer than gateways and balancers keep an idle connection, so that it is theirs to close.
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM: what this process shows, and who vouches for those that may connect."""

    certificate: str
    key: str
    ca: str

    def options(self) -> dict[str, Any]:
        """Return it in uvicorn's words."""
        return {
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key,
            "ssl_ca_certs": self.ca,
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }


class AddressInUseError(Exception):
    """Something else listens where we were told to."""


def serve(  # noqa: PLR0913  each is a setting
    application: WSGIApplication,
    *,
    host: str,
    port: int,
    threads: int,
    stop_timeout: timedelta,
    on_listening: Callable[[str], None],
    most_body_bytes: int | None = None,
    drain_time: timedelta = timedelta(),
    on_draining: Callable[[], None] = lambda: None,
    tls: Tls | None = None,
) -> None:
    """Answer requests until SIGINT or SIGTERM; then finish those that have begun.

    For `drain_time` after SIGTERM it is not ready and ends its connections one by one, but takes
    new ones still: until whoever sends requests has noticed.

    `on_listening` is told the URL, with the port the system chose where 0 was asked for. A body
    over `most_body_bytes` is refused, but for raw applications (`kernel.serving.router`).
    Raises AddressInUseError.
    """

    def stopping() -> None:
        health.drain()
        on_draining()

    listener = listen(host, port)
    bridge = Bridge(application, threads=threads, most_body_bytes=most_body_bytes)
    server = Server(
        Router(bridge, mounted()),
        stop_timeout=stop_timeout,
        on_listening=lambda: on_listening(url_of(listener, scheme="https" if tls else "http")),
        on_stopping=stopping,
        drain_time=drain_time,
        tls=tls,
    )
    try:
        server.run(sockets=[listener])
    finally:
        bridge.close()
        listener.close()


class Server(uvicorn.Server):
    """uvicorn as we want it; signals are ours, for it would raise them again when all is done."""

    def __init__(
        self,
        router: Router,
        *,
        stop_timeout: timedelta,
        on_listening: Callable[[], None],
        on_stopping: Callable[[], None],
        drain_time: timedelta = timedelta(),
        tls: Tls | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                router,
                loop="uvloop",
                http=Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # A client has the address it comes from; whose word to take for another is a
                # matter of settings, not of the server.
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=max(1, round(stop_timeout.total_seconds())),
                **(tls.options() if tls else {}),
            )
        )
        self._router = router
        self._on_listening = on_listening
        self._drain_seconds = drain_time.total_seconds()
        self._on_stopping = on_stopping
        self._stopping = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Told only now: whoever reads the address may connect or send a signal at once.
        await super().startup(sockets)
        self._on_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain()
        self._router.stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._told, number)
        yield

    def _told(self, number: int) -> None:
        if number == signal.SIGTERM and self._drain_seconds and not self._stopping:
            self._drain()
            asyncio.get_running_loop().call_later(
                self._drain_seconds, self.handle_exit, number, None
            )
        else:
            self.handle_exit(number, None)

    def _drain(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._on_stopping()
            self._router.drain()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; raises AddressInUseError."""
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


def url_of(listener: socket.socket, *, scheme: str = "http") -> str:
    """Return where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1", "::1"} else host  # noqa: S104 # nosec B104
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
