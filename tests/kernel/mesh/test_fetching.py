"""Bytes of the files service, fetched over HTTP as by a process that does not serve it."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from kernel.errors import PayloadTooLargeError, UnavailableError
from kernel.mesh import fetching
from kernel.mesh.client import RemoteError, mesh
from kernel.mesh.fetching import NotFetchedError, NotFetchedYetError, fetched

CONTENT = b"bytes " * 100_000


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            # To the same by another name.
            self.send_response(307)
            at = f"http://localhost:{self.server.server_port}"  # type: ignore[attr-defined]  # it has
            self.send_header("Location", at + self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = CONTENT if self.path == "/there" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where a files service gives out bytes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def answering(monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    file = {
        "name": "a.json",
        "contentType": "application/json",
        "sizeBytes": len(CONTENT),
        "version": 2,
        "state": "CLEAN",
    }
    monkeypatch.setattr(mesh, "query", lambda *_, **__: {"file": file | told})


def test_a_file_is_read_bit_by_bit(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    answering(monkeypatch, signedUrl=f"{url}/there")

    with fetched("x", most_bytes=len(CONTENT)) as file:
        pieces = list(file.chunks)

    assert (file.name, file.version, b"".join(pieces)) == ("a.json", 2, CONTENT)
    assert len(pieces) > 1


def test_a_store_is_not_asked_by_the_connections_of_the_platform(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = list[tuple[str, str]]()

    class Noting(urllib3.PoolManager):
        def __init__(self, name: str) -> None:
            super().__init__(retries=False)
            self.name = name

        def request(self, method: str, url: str, *told: Any, **more: Any) -> Any:
            asked.append((self.name, url))
            return super().request(method, url, *told, **more)

    for name in ("connections", "outside"):
        monkeypatch.setattr(fetching, name, partial(Noting, name))
    monkeypatch.setattr(fetching, "near_url", lambda _: url)
    monkeypatch.setattr(fetching, "_near", [])
    answering(monkeypatch, signedUrl="/moved/there")

    with fetched("x", most_bytes=len(CONTENT)) as file:
        assert b"".join(file.chunks) == CONTENT

    elsewhere = url.replace("127.0.0.1", "localhost")
    assert asked == [("connections", f"{url}/moved/there"), ("outside", f"{elsewhere}/there")]
    answering(monkeypatch, signedUrl="/moved" * 5 + "/there")
    with fetched("x", most_bytes=len(CONTENT)) as file, pytest.raises(UnavailableError):
        list(file.chunks)


def test_what_is_too_long_or_not_given_out_is_not_read(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    answering(monkeypatch, signedUrl=f"{url}/there")
    with pytest.raises(PayloadTooLargeError), fetched("x", most_bytes=len(CONTENT) - 1):
        pass
    answering(monkeypatch, signedUrl=None, state="INFECTED")
    with pytest.raises(NotFetchedError, match="is infected"), fetched("x", most_bytes=1):
        pass


def test_what_nobody_has_judged_yet_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for state in ("QUARANTINED", "SCANNING"):
        answering(monkeypatch, signedUrl=None, state=state)
        with pytest.raises(NotFetchedYetError) as refused, fetched("x", most_bytes=1):
            pass
        assert refused.value.retryable


def test_what_may_go_otherwise_later_is_told_from_what_does_not(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    answering(monkeypatch, signedUrl=f"{url}/missing")
    with fetched("x", most_bytes=len(CONTENT)) as file, pytest.raises(UnavailableError):
        list(file.chunks)

    for code, error in (("NOT_FOUND", NotFetchedError), ("INTERNAL", UnavailableError)):

        def refuse(*_: Any, code: str = code, **__: Any) -> Any:
            raise RemoteError(code, "no")

        monkeypatch.setattr(mesh, "query", refuse)
        with pytest.raises(error), fetched("x", most_bytes=1):
            pass
