"""Processes that know each other by certificates: who has none of ours is not answered."""

import socket
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from kernel import clock
from kernel.discovery.connections import connections
from kernel.identity import service_tokens
from kernel.identity.jwks import KeysUnavailableError
from kernel.mesh.calling import exchange
from kernel.mesh.destination import NoAnswerError
from kernel.serving.bridge import Bridge
from kernel.serving.router import Router
from kernel.serving.server import Server, Tls, listen


def made(name: str, folder: Path, by: tuple[x509.Certificate, Any] | None = None) -> Any:
    """Write a key and a certificate, of an authority or as one, and return both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    certificate = builder.sign(by[1] if by else key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An authority, a server and a client of it, and a stranger with an authority of its own."""
    authority = made("ca", tmp_path)
    made("server", tmp_path, authority)
    made("client", tmp_path, authority)
    made("stranger", tmp_path)
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """A server that believes that authority alone."""

    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    listener, listening = listen("127.0.0.1", 0), Event()
    bridge = Bridge(application, threads=2)
    server = Server(
        Router(bridge, {}),
        stop_timeout=timedelta(seconds=5),
        on_listening=listening.set,
        on_stopping=lambda: None,
        tls=Tls(
            certificate=str(folder / "server.pem"),
            key=str(folder / "server.key"),
            ca=str(folder / "ca.pem"),
        ),
    )
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert listening.wait(30)
    yield f"https://localhost:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(30)
    bridge.close()


@pytest.mark.parametrize(
    ("shown", "answered"), [("client", True), ("stranger", False), ("", False)]
)
def test_only_who_shows_a_certificate_of_ours_is_answered(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, shown: str, answered: bool
) -> None:
    monkeypatch.setattr(settings, "MESH_CA_FILE", str(folder / "ca.pem"))
    for name, end in (("MESH_CERTIFICATE_FILE", "pem"), ("MESH_KEY_FILE", "key")):
        monkeypatch.setattr(settings, name, str(folder / f"{shown}.{end}") if shown else "")
    connections.cache_clear()
    try:
        if answered:
            assert exchange("GET", url, body=b"", headers={}, seconds=30).body == b"done"
        else:
            with pytest.raises(NoAnswerError):
                exchange("GET", url, body=b"", headers={}, seconds=30)
    finally:
        connections.cache_clear()


def test_a_server_of_another_authority_is_not_believed(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MESH_CA_FILE", str(folder / "stranger.pem"))
    connections.cache_clear()
    try:
        with pytest.raises(NoAnswerError):
            exchange("GET", url, body=b"", headers={}, seconds=30)
    finally:
        connections.cache_clear()


def test_keys_of_a_process_that_does_not_answer_or_is_not_believed_cannot_be_had(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MESH_CA_FILE", str(folder / "stranger.pem"))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        dead = f"https://localhost:{gone.getsockname()[1]}/"
    connections.cache_clear()
    try:
        for one in (url, dead):
            with pytest.raises(KeysUnavailableError):
                service_tokens._fetched(one)
    finally:
        connections.cache_clear()
