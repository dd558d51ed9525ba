"""A provider on a socket of this machine: it answers what a test says, and keeps what it heard."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.notifications.answers import Said


@dataclass(frozen=True)
class Heard:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Carrier:
    """What a provider has heard, and what it answers: by path, else the usual."""

    origin: str = ""
    usual: Said = field(default_factory=lambda: Said(200))
    by_path: dict[str, Said] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def carrier() -> Iterator[Carrier]:
    """Listen until the block ends."""
    made = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append(Heard(self.path, dict(self.headers.items()), body))
            said = made.by_path.get(self.path, made.usual)
            if said.status == 0:
                # It hangs up without a word.
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.content)))
            self.end_headers()
            self.wfile.write(said.content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def of_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """What subscribes to pushes, and reads those that come: RFC 8291 from the other side."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": in_base64url(self.point), "auth": in_base64url(self.auth)}

    def read(self, body: bytes) -> bytes:
        """Decrypt a push; raises InvalidTag for what was not meant for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        info = b"WebPush: info\x00" + self.point + sender
        first = HKDF(algorithm=SHA256(), length=32, salt=self.auth, info=info).derive(shared)
        made = [
            HKDF(algorithm=SHA256(), length=length_, salt=salt, info=name).derive(first)
            for name, length_ in (
                (b"Content-Encoding: aes128gcm\x00", 16),
                (b"Content-Encoding: nonce\x00", 12),
            )
        ]
        plain = AESGCM(made[0]).decrypt(made[1], record, None).rstrip(b"\x00")
        assert plain[-1:] == b"\x02"
        return plain[:-1]


def service_account() -> str:
    """Return the key of a service account, as the console of Google Cloud gives it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return orjson.dumps(
        {
            "type": "service_account",
            "project_id": "demo-1",
            "private_key_id": "k",
            "private_key": pem.decode(),
            "client_email": f"push-{os.urandom(4).hex()}@demo-1.iam.gserviceaccount.com",
            # Whoever made the file may name any: ours is asked all the same.
            "token_uri": "http://169.254.169.254/token",
        }
    ).decode()
