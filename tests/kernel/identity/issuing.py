"""An issuer of tokens in tests: its keys, its tokens, and a server that publishes the keys."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISS = "https://login.example.com/"
AUDIENCE = "septet"


@dataclass(slots=True)
class Signer:
    """A private key with the id and the algorithm that it is used with."""

    algorithm: str = "EdDSA"
    kid: str = "first"
    private: Any = None

    def __post_init__(self) -> None:
        self.private = self.private or _private(self.algorithm)

    def jwk(self, **members: Any) -> dict[str, Any]:
        """Return the public part as it is published."""
        form: Any = OKPAlgorithm
        if self.algorithm != "EdDSA":
            form = ECAlgorithm if self.algorithm.startswith("ES") else RSAAlgorithm
        public: dict[str, Any] = form.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig"} | members

    def token(self, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a good token, changed by these claims; None takes one out."""
        now = int(time.time())
        told = {"iss": ISS, "aud": AUDIENCE, "sub": "u-1", "iat": now, "exp": now + 600} | claims
        return jwt.encode(
            {name: value for name, value in told.items() if value is not None},
            self.private,
            self.algorithm,
            headers={"kid": self.kid} | (header or {}),
        )


def _private(algorithm: str) -> Any:
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    if algorithm.startswith("ES"):
        curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
        return ec.generate_private_key(curves[algorithm])
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True)
class Published:
    """What a server answers, and how often it was asked."""

    url: str = ""
    body: bytes = b""
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def publish(self, *jwks: dict[str, Any]) -> None:
        self.body = json.dumps({"keys": jwks}).encode()


@contextmanager
def publishing(*jwks: dict[str, Any], port: int = 0) -> Iterator[Published]:
    """Serve a JWK set while the block runs."""
    published = Published()
    published.publish(*jwks)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.asked.append(self.path)
            self.send_response(published.status)
            self.send_header("Content-Length", str(len(published.body)))
            self.end_headers()
            self.wfile.write(published.body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", port), Handler)
    published.url = f"http://127.0.0.1:{server.server_port}/keys"
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield published
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
