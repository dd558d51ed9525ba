"""Streams to a syslog server over TLS (RFC 5425), which has to show a good certificate first."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from apps.audit.models import AuditStream
from apps.audit.services.delivering import deliver_stream, send_test
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.streams import create_stream
from kernel.outbound import wire
from kernel.outbound.errors import OutboundUnusableError
from tests.audit.factories import an_entry
from tests.kernel.outbound.certificates import authority_pem, server_context

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def _trusted() -> Iterator[None]:
    """Trust the authority of the tests, through the context of all calls."""
    wire.tls_context.cache_clear()
    wire.tls_context().load_verify_locations(cadata=authority_pem())
    yield
    wire.tls_context.cache_clear()


@contextmanager
def collector(context: ssl.SSLContext) -> Iterator[tuple[str, bytearray]]:
    """A syslog server behind TLS: where it listens, and what it has read."""
    heard = bytearray()
    server = socket.create_server(("127.0.0.1", 0))

    def hear() -> None:
        there, _ = server.accept()
        # A client that does not like the certificate goes.
        try:
            with there, context.wrap_socket(there, server_side=True) as inside:
                while some := inside.recv(65_536):
                    heard.extend(some)
        except (ssl.SSLError, ConnectionError):
            return

    thread = Thread(target=hear)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}", heard
    finally:
        thread.join(5)
        server.close()


def a_stream(place: str, settings: Any) -> AuditStream:
    record_all([an_entry(action=f"step.{number}") for number in range(3)])
    seal_log()
    settings.OUTBOUND_ALLOWED = (place,)
    return create_stream(name="box", address=f"syslog+tls://{place}", from_position=0)[0]


@pytest.mark.usefixtures("_trusted")
def test_a_server_whose_certificate_is_good_gets_every_frame(settings: Any, tmp_path: Path) -> None:
    with collector(server_context("127.0.0.1", tmp_path)) as (place, heard):
        stream = a_stream(place, settings)

        assert deliver_stream(stream.pk) == 3

    frames = bytes(heard).split(b"\xef\xbb\xbf")[1:]
    told = [json.JSONDecoder().raw_decode(frame.decode())[0] for frame in frames]
    assert [one["position"] for one in told] == [0, 1, 2]
    stream.refresh_from_db()
    assert (stream.position, stream.failures) == (3, 0)


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("name", ["127.0.0.2", "logs.example"])
def test_a_server_with_the_certificate_of_another_gets_nothing(
    settings: Any, tmp_path: Path, name: str
) -> None:
    with collector(server_context(name, tmp_path)) as (place, heard):
        stream = a_stream(place, settings)

        assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert (stream.position, stream.failures, bytes(heard)) == (0, 1, b"")
    assert stream.last_error.startswith("OUTBOUND_UNUSABLE: 127.0.0.1 shows no good certificate: ")


def test_a_server_that_nobody_vouches_for_gets_nothing(settings: Any, tmp_path: Path) -> None:
    with collector(server_context("127.0.0.1", tmp_path)) as (place, heard):
        stream = a_stream(place, settings)

        with pytest.raises(OutboundUnusableError, match="shows no good certificate"):
            send_test(stream.pk)

    assert bytes(heard) == b""


@pytest.mark.usefixtures("_trusted")
def test_a_server_that_knows_no_tls_of_today_gets_nothing(settings: Any, tmp_path: Path) -> None:
    context = server_context("127.0.0.1", tmp_path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with collector(context) as (place, heard):
        stream = a_stream(place, settings)

        assert deliver_stream(stream.pk) == 0

    assert bytes(heard) == b""
