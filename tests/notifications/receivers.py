"""Somebody to whom events are posted: answers as a test says, and checks every signature."""

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from contracts.webhooks import new_secret

SECRET = new_secret(b"s" * 32)


@dataclass
class Post:
    """What was posted."""

    id: str
    body: bytes
    signatures: list[str]
    timestamp: str

    @property
    def told(self) -> dict[str, Any]:
        """Return what the body says."""
        return dict(json.loads(self.body))

    def signed_by(self, secret: str) -> bool:
        """Say whether one of the signatures is of a secret, as Standard Webhooks has it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.timestamp}.".encode() + self.body
        digest = hmac.digest(key, content, "sha256")
        return f"v1,{base64.b64encode(digest).decode()}" in self.signatures


@dataclass
class Receiver:
    """Where it listens, what it has heard, and how it answers."""

    host: str = ""
    heard: list[Post] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the address to post to."""
        return f"http://{self.host}/hook?key=secret"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = self.headers
            body = self.rfile.read(int(told["Content-Length"]))
            signatures = told["Webhook-Signature"].split()
            post = Post(told["Webhook-Id"], body, signatures, told["Webhook-Timestamp"])
            receiver.heard.append(post)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.host = f"127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
