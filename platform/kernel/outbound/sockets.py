"""Bytes to an address that somebody gave, beside HTTP: checked, pinned, bounded, recorded."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from kernel.outbound.errors import OutboundFailedError
from kernel.outbound.faults import translated
from kernel.outbound.gate import place_at
from kernel.outbound.limits import Limits, Watch
from kernel.outbound.reach import Reach, check_addresses, check_port
from kernel.outbound.record import Record, recorded
from kernel.outbound.resolver import resolve
from kernel.outbound.urls import bracketed, parse, place
from kernel.outbound.wire import open_socket, tls_context


def deliver(
    host: str,
    port: int,
    data: bytes,
    *,
    tls: bool,
    purpose: str,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
    reach: Reach = Reach.PUBLIC,
) -> None:
    """Send bytes over a connection of their own; return when the other side has read all of them.

    For protocols without an answer: our side of the connection is closed, and only after what came
    before that was read does the other side see it and close its own. Raises as `fetch` does.
    """
    watch = Watch(limits)
    record = Record(purpose, "TLS" if tls else "TCP")
    with recorded(record), ExitStack() as open_things:
        target = parse(f"{'https' if tls else 'http'}://{bracketed(host)}:{port}/")
        record.origin = target.origin
        check_port(target, reach)
        with translated(target.host, limits):
            open_things.enter_context(place_at(target.host, watch.left()))
            addresses = resolve(target, watch.to_connect())
            check_addresses(target, addresses, reach)
            there: socket.socket = open_things.enter_context(
                open_socket(addresses, target.port, watch)
            )
            if tls:
                there.settimeout(watch.to_connect())
                there = open_things.enter_context(
                    tls_context().wrap_socket(there, server_hostname=target.host)
                )
            there.settimeout(watch.left())
            there.sendall(data)
            _finish(there, watch)
        # As an answer would be counted.
        record.status = 200


@contextmanager
def connected(
    scheme: str,
    host: str,
    port: int,
    *,
    purpose: str,
    limits: Limits = Limits(),  # noqa: B008  it is frozen
    reach: Reach = Reach.PUBLIC,
) -> Iterator[socket.socket]:
    """Give a connection to an address that somebody gave, for a protocol that we speak ourselves.

    Once it is open its bytes are the caller's to watch: only connecting is under these limits.
    Raises as `fetch` does.
    """
    watch = Watch(limits)
    record = Record(purpose, scheme.upper())
    with recorded(record), ExitStack() as open_things:
        target = place(scheme, host, port)
        record.origin = target.origin
        check_port(target, reach)
        with translated(target.host, limits):
            open_things.enter_context(place_at(target.host, watch.left()))
            addresses = resolve(target, watch.to_connect())
            check_addresses(target, addresses, reach)
            there = open_things.enter_context(open_socket(addresses, target.port, watch))
        there.watch = None
        yield there
        record.status = 200


def _finish(there: socket.socket, watch: Watch) -> None:
    there.settimeout(watch.left())
    if isinstance(there, ssl.SSLSocket):
        try:
            # Sends that it is all, and waits for the same of the other side.
            there = there.unwrap()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            # Closed without saying so, behind what was sent.
            return
        there.settimeout(watch.left())
    there.shutdown(socket.SHUT_WR)
    if there.recv(1):
        raise OutboundFailedError("the other side answers, which its protocol does not know")
