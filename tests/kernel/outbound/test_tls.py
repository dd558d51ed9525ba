"""TLS to an address that was checked, by the name that was given."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.outbound import wire
from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError, OutboundUnusableError
from kernel.outbound.limits import Limits
from tests.kernel.outbound.certificates import authority_pem, server_context
from tests.kernel.outbound.conftest import Names
from tests.kernel.outbound.servers import Canary, answer, canary

SOON = timedelta(milliseconds=300)


class Secure:
    """Speaks TLS on what a canary accepts; `asked_for` are the names in the SNI."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.asked_for: list[str | None] = []
        self.heads: list[bytes] = []
        self.answer = answer(b"secret")
        self._context = context
        context.sni_callback = lambda _socket, name, _context: self.asked_for.append(name)

    def serve(self, there: socket.socket) -> None:
        with self._context.wrap_socket(there, server_side=True) as inside:
            self.heads.append(inside.recv(65536))
            inside.sendall(self.answer)


@pytest.fixture
def trusting() -> Iterator[None]:
    """Trust the authority of the tests, through the context of all calls."""
    wire.tls_context.cache_clear()
    wire.tls_context().load_verify_locations(cadata=authority_pem())
    yield
    wire.tls_context.cache_clear()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Secure, Canary]]:
    """A server with a certificate for hooks.example."""
    there = Secure(server_context("hooks.example", tmp_path))
    with canary(accept=there.serve) as server:
        yield there, server


def test_name_certificate_and_host_are_those_of_the_url(
    trusting: None, secure: tuple[Secure, Canary], names: Names, settings: Any
) -> None:
    there, server = secure
    names.known["hooks.example"] = ["127.0.0.1"]
    settings.OUTBOUND_ALLOWED = (f"hooks.example:{server.port}",)

    found = fetch("GET", f"https://Hooks.Example:{server.port}/a?b=c", purpose="test")

    assert (found.status, found.body) == (200, b"secret")
    assert there.asked_for == ["hooks.example"]
    assert there.heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"\r\nHost: hooks.example:{server.port}\r\n".encode() in there.heads[0]
    assert names.asked == ["hooks.example"]


def test_a_certificate_for_another_name_is_not_taken(
    trusting: None, secure: tuple[Secure, Canary], names: Names, settings: Any
) -> None:
    there, server = secure
    names.known["other.example"] = ["127.0.0.1"]
    settings.OUTBOUND_ALLOWED = (f"other.example:{server.port}",)

    with pytest.raises(OutboundUnusableError, match="no good certificate: Hostname mismatch"):
        fetch("GET", f"https://other.example:{server.port}/", purpose="test")
    assert there.heads == []


def test_a_certificate_of_an_unknown_authority_is_not_taken(
    secure: tuple[Secure, Canary], names: Names, settings: Any
) -> None:
    there, server = secure
    names.known["hooks.example"] = ["127.0.0.1"]
    settings.OUTBOUND_ALLOWED = (f"hooks.example:{server.port}",)

    with pytest.raises(OutboundUnusableError, match="no good certificate"):
        fetch("GET", f"https://hooks.example:{server.port}/", purpose="test")
    assert there.heads == []


def test_the_certificate_of_an_address_is_checked_too(
    trusting: None, tmp_path: Path, settings: Any
) -> None:
    good, bad = (Secure(server_context(name, tmp_path)) for name in ("127.0.0.1", "127.0.0.2"))

    with canary(accept=good.serve) as server:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{server.port}",)
        assert fetch("GET", f"https://127.0.0.1:{server.port}/", purpose="test").status == 200
    with canary(accept=bad.serve) as server:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{server.port}",)
        with pytest.raises(OutboundUnusableError, match="IP address mismatch"):
            fetch("GET", f"https://127.0.0.1:{server.port}/", purpose="test")
    assert bad.heads == []


def test_a_handshake_that_never_ends_is_cut(settings: Any) -> None:
    with canary(accept=_silent) as server:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{server.port}",)
        with pytest.raises(OutboundFailedError, match="in time"):
            fetch(
                "GET",
                f"https://127.0.0.1:{server.port}/",
                purpose="test",
                limits=Limits(total=SOON),
            )


def test_an_answer_that_drips_inside_tls_is_cut_at_the_deadline(
    trusting: None, tmp_path: Path, settings: Any
) -> None:
    over = threading.Event()
    context = server_context("127.0.0.1", tmp_path)

    def drip(there: socket.socket) -> None:
        with context.wrap_socket(there, server_side=True) as inside:
            inside.recv(65536)
            inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(300):
                inside.sendall(b"1")
                if over.wait(0.02):
                    return

    with canary(accept=drip) as server:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{server.port}",)
        begun = time.monotonic()
        with pytest.raises(OutboundFailedError, match="no whole answer in time"):
            fetch(
                "GET",
                f"https://127.0.0.1:{server.port}/",
                purpose="test",
                limits=Limits(total=timedelta(seconds=1), response_bytes=200),
            )
        took = time.monotonic() - begun
        over.set()

    assert 1 <= took < 4


def _silent(there: socket.socket) -> None:
    while there.recv(65536):
        pass


def test_https_never_leads_back_to_http(trusting: None, tmp_path: Path, settings: Any) -> None:
    with canary() as plain:
        there = Secure(server_context("127.0.0.1", tmp_path))
        there.answer = answer(b"", "302 Found", f"Location: {plain.url()}")
        with canary(accept=there.serve) as server:
            settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{server.port}", f"127.0.0.1:{plain.port}")
            with pytest.raises(OutboundRefusedError, match="redirects from https to http"):
                fetch(
                    "GET",
                    f"https://127.0.0.1:{server.port}/",
                    purpose="test",
                    limits=Limits(redirects=3),
                )
        assert plain.hits == []
