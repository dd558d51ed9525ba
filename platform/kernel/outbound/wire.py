"""Connections to an address that was checked, with every byte under the call's deadline."""

import errno
import socket
import ssl
from collections.abc import Sequence
from functools import cache
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from kernel.outbound.addresses import Address
from kernel.outbound.limits import Watch
from kernel.outbound.urls import Target, bracketed

#: Of many addresses, so many are tried.
MOST_TRIES = 4


class WatchedSocket(socket.socket):
    """A socket that waits for each byte no longer than its call has left."""

    watch: Watch | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if self.watch is None:
            return super().recv_into(*args, **kwargs)
        self.settimeout(self.watch.to_hear())
        count = super().recv_into(*args, **kwargs)
        self.watch.heard(count)
        return count

    def send(self, *args: Any) -> int:
        if self.watch is not None:
            self.settimeout(self.watch.to_hear())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        if self.watch is not None:
            # For all of it: the other side may take it drop by drop, too.
            self.settimeout(self.watch.left())
        super().sendall(*args)


class WatchedTLSSocket(WatchedSocket, ssl.SSLSocket):
    """The same inside TLS."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context of all calls: the system's roots, TLS 1.2 or later, names checked."""
    context = ssl.create_default_context()
    context.sslsocket_class = WatchedTLSSocket
    return context


def connection(target: Target, addresses: Sequence[Address], watch: Watch) -> HTTPConnection:
    """Return a connection to these very addresses, not opened yet.

    Host header, SNI and the name in the certificate are the target's. No proxy is asked: the
    environment's would resolve the name once more.
    """
    if target.scheme == "https":
        return _PinnedHTTPS(target, addresses, watch)
    return _PinnedHTTP(target, addresses, watch)


class _PinnedHTTP(HTTPConnection):
    def __init__(self, target: Target, addresses: Sequence[Address], watch: Watch) -> None:
        super().__init__(bracketed(target.host), target.port, timeout=None)
        self._addresses, self._watch = addresses, watch

    def _new_conn(self) -> socket.socket:
        return open_socket(self._addresses, self.port, self._watch)


class _PinnedHTTPS(HTTPSConnection):
    def __init__(self, target: Target, addresses: Sequence[Address], watch: Watch) -> None:
        super().__init__(
            bracketed(target.host), target.port, timeout=None, ssl_context=tls_context()
        )
        self._addresses, self._watch = addresses, watch

    def _new_conn(self) -> socket.socket:
        return open_socket(self._addresses, self.port, self._watch)

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, WatchedTLSSocket):
            self.sock.watch = self._watch


def open_socket(addresses: Sequence[Address], port: int, watch: Watch) -> WatchedSocket:
    """Connect to the first address that answers; raises OSError as the last one did."""
    last: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
    for address in addresses[:MOST_TRIES]:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        sock = WatchedSocket(family, socket.SOCK_STREAM)
        sock.watch = watch
        try:
            sock.settimeout(watch.to_connect())
            sock.connect((str(address), port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            last = error
            sock.close()
    raise last
