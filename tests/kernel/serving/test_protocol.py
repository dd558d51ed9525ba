"""Heads of requests that are too long, or too long in coming."""

import socket
from typing import Any

import pytest

from kernel.serving import protocol
from kernel.testing.serving import Served, serving

COMPLETE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def hello(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def read_to_end(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


def still_answers(served: Served) -> bool:
    with served.client() as client:
        client.request("GET", "/")
        return client.getresponse().read() == b"hello"


def test_a_head_without_end_is_refused() -> None:
    with serving(hello) as served:
        with served.connect(b"GET / HTTP/1.1\r\nX-Long: ") as connection:
            for _ in range(20):
                connection.sendall(b"x" * protocol.MOST_HEAD_BYTES)

            answer = read_to_end(connection)

        assert answer.startswith(b"HTTP/1.1 431 ")
        assert still_answers(served)


def test_a_head_within_the_bound_is_read() -> None:
    head = b"GET / HTTP/1.1\r\nConnection: close\r\nX-Long: " + b"x" * 60_000 + b"\r\n\r\n"
    with serving(hello) as served, served.connect(head) as connection:
        assert read_to_end(connection).endswith(b"\r\n\r\nhello")


MANY_HEADERS = b"".join(b"X-%d: 1\r\n" % number for number in range(protocol.MOST_HEADERS))
LONG_HEADERS = b"X-Long: " + b"x" * protocol.MOST_HEAD_BYTES + b"\r\n"


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (b"/" + b"x" * protocol.MOST_URL_BYTES, b"", b"414", b"URL_TOO_LONG"),
        (b"/?q=" + b"x" * protocol.MOST_URL_BYTES, b"", b"414", b"URL_TOO_LONG"),
        (b"/", MANY_HEADERS, b"431", b"HEADERS_TOO_LARGE"),
        (b"/", LONG_HEADERS, b"431", b"HEADERS_TOO_LARGE"),
    ],
    ids=["long path", "long query", "many headers", "long headers in one piece"],
)
def test_a_head_over_a_limit_is_told_its_code_and_never_reaches_the_application(
    path: bytes, headers: bytes, status: bytes, code: bytes
) -> None:
    reached = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        reached.append(environ["PATH_INFO"])
        return hello(environ, start_response)

    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: 4\r\n\r\nbody"
    with serving(application) as served, served.connect(head % (path, headers)) as connection:
        refused = b""
        while code not in refused:
            refused += connection.recv(65_536)
        connection.sendall(b"GET /next HTTP/1.1\r\nConnection: close\r\n\r\n")
        answered = read_to_end(connection)

    assert refused.startswith(b"HTTP/1.1 " + status)
    assert answered.endswith(b"hello")
    assert reached == ["/next"]


def test_as_many_headers_as_may_be_are_read() -> None:
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(protocol.MOST_HEADERS - 2))
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + b"\r\n"
    with serving(hello) as served, served.connect(head) as connection:
        assert read_to_end(connection).endswith(b"hello")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:", COMPLETE + b"GET / HT"])
def test_a_head_that_does_not_come_in_time_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with serving(hello) as served:
        with served.connect(sent) as connection:
            answer = read_to_end(connection)

        assert answer.endswith(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n")
        assert still_answers(served)


def test_a_connection_between_two_requests_may_idle_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    with serving(hello) as served, served.connect(COMPLETE) as connection:
        assert connection.recv(65_536).endswith(b"hello")
        connection.settimeout(0.2)

        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_what_is_no_http_is_refused() -> None:
    with serving(hello) as served:
        with served.connect(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") as connection:
            assert read_to_end(connection).startswith(b"HTTP/1.1 400 ")
        assert still_answers(served)
