"""A call and its bounds: what is sent, what is taken, how long and how much."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from kernel.outbound.client import fetch, open_stream
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError, OutboundUnusableError
from kernel.outbound.limits import Limits
from kernel.outbound.reach import Reach
from tests.kernel.outbound.conftest import Names
from tests.kernel.outbound.servers import Canary, Say, answer, canary, redirect, says

Serve = Callable[[Say], Canary]
SOON = timedelta(milliseconds=300)


# --- what is sent and what comes back -----------------------------------------------------------


def test_a_call_sends_what_it_was_given_and_returns_the_answer(serve: Serve) -> None:
    server = serve(says(answer(b"made", "201 Created", "X-Id: 7", "Content-Type: text/plain")))

    found = fetch(
        "POST",
        server.url("/hooks?x=1"),
        purpose="test",
        body=b'{"a": 1}',
        headers={"Authorization": "Bearer x", "Content-Type": "application/json"},
    )

    assert (found.status, found.body, found.url) == (201, b"made", server.url("/hooks?x=1"))
    assert (found.headers["x-id"], found.headers["Content-Type"]) == ("7", "text/plain")
    head, _, body = server.hits[0].partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.decode().splitlines() == [
        "POST /hooks?x=1 HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Length: 8",
        "User-Agent: septet",
        "Authorization: Bearer x",
        "Content-Type: application/json",
        "Accept-Encoding: gzip, deflate",
        "Connection: close",
    ]


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "404 Not Found", "503 Busy"])
def test_every_status_is_an_answer(status: str, serve: Serve) -> None:
    server = serve(says(answer(b"", status, "Location: http://127.0.0.1/")))

    assert fetch("GET", server.url(), purpose="test").status == int(status[:3])
    assert len(server.hits) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "good.example"), ("host", "x"), ("Connection", "keep-alive"), ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"), ("Content-Length", "3"), ("Proxy-Authorization", "x"),
        ("Upgrade", "h2c"), ("Expect", "100-continue"), ("Accept-Encoding", "br"), ("", "x"),
        ("X Y", "z"), ("X:", "z"), ("X\r\nHost", "z"), ("X", "a\r\nHost: b"), ("X", "a\nb"),
        ("X", "a\rb"), ("X", "a\0b"), ("X", "ä"), ("X", " a"), ("X", "a "),
        ("Ä", "a"), ("X", "a\x0bb"),
        ("X", "a" * 20_000),
    ],
)  # fmt: skip
def test_a_header_field_that_is_not_the_callers_is_refused(
    name: str, value: str, serve: Serve
) -> None:
    server = serve(says(answer()))

    with pytest.raises(OutboundRefusedError) as caught:
        fetch("GET", server.url(), purpose="test", headers={name: value})

    assert caught.value.rule == "header"
    assert server.hits == []


def test_too_many_header_fields_are_refused(serve: Serve) -> None:
    server = serve(says(answer()))

    with pytest.raises(OutboundRefusedError, match="at most 50 header fields"):
        fetch("GET", server.url(), purpose="test", headers={f"X-{n}": "y" for n in range(51)})
    assert server.hits == []


def test_an_answer_that_comes_before_the_end_of_the_body_is_heard() -> None:
    def refuse(there: socket.socket, _head: bytes) -> None:
        there.sendall(answer(b"too much", "413 Content Too Large"))
        there.shutdown(socket.SHUT_WR)
        while there.recv(65536):
            pass

    with canary(refuse) as server:
        found = fetch(
            "POST", server.url(), purpose="test", body=bytes(5_000_000), reach=Reach.OPERATOR
        )

    assert (found.status, found.body) == (413, b"too much")


# --- how much -----------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize(("size", "fits"), [(100_000, True), (100_001, False)])
def test_a_body_is_taken_up_to_its_limit(framing: str, size: int, fits: bool, serve: Serve) -> None:
    body = bytes(size)
    head = {
        "length": f"Content-Length: {size}\r\n\r\n".encode() + body,
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (size, body),
        "close": b"\r\n" + body,
    }
    server = serve(says(b"HTTP/1.1 200 OK\r\n" + head[framing]))
    limits = Limits(response_bytes=100_000)

    if fits:
        assert fetch("GET", server.url(), purpose="test", limits=limits).body == body
    else:
        with pytest.raises(OutboundUnusableError, match="longer than 100000 bytes"):
            fetch("GET", server.url(), purpose="test", limits=limits)


def _gzip(plain: bytes) -> bytes:
    return gzip.compress(plain)


def _raw_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(plain) + packer.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": zlib.compress,
    "DEFLATE": _raw_deflate,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_compressed_body_is_unpacked(coding: str, serve: Serve) -> None:
    server = serve(
        says(answer(CODINGS[coding](b"x" * 500_000), "200 OK", f"Content-Encoding: {coding}"))
    )

    assert fetch("GET", server.url(), purpose="test").body == b"x" * 500_000


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_is_unpacked_no_further_than_the_limit(coding: str, serve: Serve) -> None:
    bomb = CODINGS[coding](bytes(50_000_000))
    server = serve(says(answer(bomb, "200 OK", f"Content-Encoding: {coding}")))

    tracemalloc.start()
    with pytest.raises(OutboundUnusableError, match="longer than 1000000 bytes"):
        fetch("GET", server.url(), purpose="test")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5_000_000


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "gzip, gzip", "deflate,deflate,deflate", "compress"]
)
def test_a_coding_that_was_not_asked_for_is_not_taken(coding: str, serve: Serve) -> None:
    server = serve(says(answer(b"x", "200 OK", f"Content-Encoding: {coding}")))

    with pytest.raises(OutboundUnusableError, match="coding that was not asked for"):
        fetch("GET", server.url(), purpose="test")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (answer(b"damaged", "200 OK", "Content-Encoding: gzip"), "cannot be decompressed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60_000 + b"\r\n\r\n", "head of the answer is longer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "head of the answer is longer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n", "not HTTP as we read it"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000, "head of the answer is longer"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "not HTTP as we read it"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "not HTTP as we read it"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,
            "not HTTP as we read it",
        ),
    ],
)
def test_an_answer_that_is_none_is_not_tried_again(told: bytes, why: str, serve: Serve) -> None:
    server = serve(says(told))

    with pytest.raises(OutboundUnusableError, match=why) as caught:
        fetch("GET", server.url(), purpose="test")
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_an_answer_that_is_cut_off_may_be_tried_again(told: bytes, serve: Serve) -> None:
    server = serve(says(told))

    with pytest.raises(
        OutboundFailedError, match=r"the connection to 127\.0\.0\.1 failed"
    ) as caught:
        fetch("GET", server.url(), purpose="test")
    assert caught.value.retryable


def test_an_address_where_nobody_listens_may_be_tried_again(serve: Serve) -> None:
    server = serve(says(answer()))
    server.stop()

    with pytest.raises(OutboundFailedError, match=r"failed \(ConnectionRefusedError\)"):
        fetch("GET", server.url(), purpose="test")


def test_a_name_that_nobody_knows_may_be_tried_again(names: Names) -> None:
    with pytest.raises(OutboundFailedError, match=r"nowhere\.example has no address"):
        fetch("GET", "http://nowhere.example/", purpose="test")
    assert names.asked == ["nowhere.example"]


def test_a_name_with_a_crowd_of_addresses_is_not_called(names: Names) -> None:
    names.known["crowd.example"] = [f"93.184.216.{last}" for last in range(65)]

    with pytest.raises(OutboundUnusableError, match="65 addresses"):
        fetch("GET", "http://crowd.example/", purpose="test")


# --- how long -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    ],
    ids=["status", "header", "body", "chunk size", "counted body"],
)
def test_an_answer_that_drips_is_cut_at_the_deadline(begin: bytes) -> None:
    over = threading.Event()

    def drip(there: socket.socket, _head: bytes) -> None:
        there.sendall(begin)
        for _ in range(300):
            there.sendall(b"1")
            if over.wait(0.02):
                return

    with canary(drip) as server:
        begun = time.monotonic()
        with pytest.raises(OutboundFailedError, match=r"no whole answer in time \(at most 0.3 s\)"):
            fetch("GET", server.url(), purpose="t", limits=Limits(total=SOON), reach=Reach.OPERATOR)
        took = time.monotonic() - begun
        over.set()

    assert 0.3 <= took < 5


def _waits_for(over: threading.Event) -> Say:
    def say(_there: socket.socket, _head: bytes) -> None:
        over.wait(10)

    return say


def test_a_silent_server_is_left_before_the_deadline() -> None:
    over = threading.Event()

    with canary(_waits_for(over)) as server:
        begun = time.monotonic()
        with pytest.raises(OutboundFailedError):
            fetch("GET", server.url(), purpose="t", limits=Limits(idle=SOON), reach=Reach.OPERATOR)
        took = time.monotonic() - begun
        over.set()

    assert took < 4


def test_a_server_that_does_not_take_the_body_is_left() -> None:
    over = threading.Event()

    with canary(_waits_for(over)) as server:
        with pytest.raises(OutboundFailedError, match="in time"):
            fetch(
                "POST",
                server.url(),
                purpose="test",
                body=bytes(50_000_000),
                limits=Limits(total=SOON),
                reach=Reach.OPERATOR,
            )
        over.set()


def test_a_name_service_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(10) and [])

    with pytest.raises(OutboundFailedError, match="could not be found in time"):
        fetch("GET", "http://slow.example/", purpose="test", limits=Limits(connect=SOON))
    over.set()


def test_one_host_is_called_by_so_many_at_a_time(settings: Any, serve: Serve) -> None:
    settings.OUTBOUND_PER_HOST = 2
    inside, over = threading.Semaphore(0), threading.Event()

    def hold(there: socket.socket, _head: bytes) -> None:
        inside.release()
        over.wait(10)
        there.sendall(answer())

    server = serve(hold)
    first = [
        threading.Thread(target=fetch, args=("GET", server.url()), kwargs={"purpose": "t"})
        for _ in range(2)
    ]
    for thread in first:
        thread.start()
        assert inside.acquire(timeout=10)

    with pytest.raises(OutboundFailedError, match=r"2 other calls to 127\.0\.0\.1 have not ended"):
        fetch("GET", server.url(), purpose="test", limits=Limits(total=SOON))
    assert len(server.hits) == 2

    over.set()
    for thread in first:
        thread.join()
    assert fetch("GET", server.url(), purpose="test").status == 200


# --- redirects ----------------------------------------------------------------------------------


def test_redirects_are_followed_as_often_as_was_said(serve: Serve) -> None:
    server = serve(says(redirect("/again")))

    with pytest.raises(OutboundRefusedError, match="redirects more than 2 times"):
        fetch("GET", server.url(), purpose="test", limits=Limits(redirects=2))

    assert len(server.hits) == 3


def test_another_origin_learns_no_secret(serve: Serve) -> None:
    other = serve(says(answer(b"there")))
    server = serve(says(redirect(other.url("/there#part"))))

    found = fetch(
        "GET",
        server.url(),
        purpose="test",
        headers={"Authorization": "a", "Cookie": "b", "X-Api-Key": "c", "Accept": "text/csv"},
        limits=Limits(redirects=1),
    )

    assert (found.body, found.url) == (b"there", other.url("/there"))
    assert b"X-Api-Key" in server.hits[0]
    assert other.hits[0].decode().splitlines()[2:-1] == [
        "User-Agent: septet",
        "Accept: text/csv",
        "Accept-Encoding: gzip, deflate",
        "Connection: close",
    ]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        ("301 x", "POST", "GET"), ("302 x", "POST", "GET"), ("303 x", "POST", "GET"),
        ("303 x", "PUT", "GET"), ("303 x", "HEAD", "HEAD"), ("301 x", "PUT", "PUT"),
        ("307 x", "POST", "POST"), ("308 x", "PATCH", "PATCH"), ("302 x", "GET", "GET"),
    ],
)  # fmt: skip
def test_a_redirect_changes_the_method_as_http_says(
    status: str, method: str, then: str, serve: Serve
) -> None:
    turns = iter([redirect("/b", status), answer(b"" if then == "HEAD" else b"ok")])
    server = serve(lambda there, _: there.sendall(next(turns)))
    body = None if method in {"GET", "HEAD"} else b"x"

    fetch(
        method,
        server.url("/a"),
        purpose="test",
        body=body,
        headers={"Authorization": "kept", "Content-Type": "text/plain"},
        limits=Limits(redirects=1),
    )

    second = server.hits[1].decode()
    assert second.startswith(f"{then} /b HTTP/1.1\r\n")
    assert second.endswith("\r\n\r\nx") == (then not in {"GET", "HEAD"})
    assert ("Content-Type" in second) == (method == then)
    assert "Authorization: kept" in second


@pytest.mark.parametrize("status", ["307 x", "308 x"])
def test_no_redirect_carries_a_body_elsewhere(status: str, serve: Serve) -> None:
    other = serve(says(answer()))
    server = serve(says(redirect(other.url(), status)))

    with pytest.raises(OutboundRefusedError, match="carry the body to another host"):
        fetch("POST", server.url(), purpose="test", body=b"x", limits=Limits(redirects=1))
    assert other.hits == []


# --- streams ------------------------------------------------------------------------------------


def test_a_large_answer_is_read_piece_by_piece(serve: Serve) -> None:
    server = serve(says(answer(bytes(10_000_000))))
    sizes = []

    with open_stream(
        "GET", server.url(), purpose="test", limits=Limits(response_bytes=10_000_000)
    ) as stream:
        assert (stream.status, stream.headers["content-length"]) == (200, "10000000")
        sizes = [len(chunk) for chunk in stream.chunks()]

    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 65_536


def test_an_error_of_the_reader_stays_its_own(serve: Serve) -> None:
    server = serve(says(answer(bytes(100_000))))

    def read() -> None:
        with open_stream("GET", server.url(), purpose="reader") as stream:
            next(stream.chunks())
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        read()
    assert _count("reader", "abandoned") == 1


# --- what is told of it -------------------------------------------------------------------------


def test_a_call_is_logged_and_counted_without_path_and_query(serve: Serve, caplog: Any) -> None:
    server = serve(says(answer()))

    with caplog.at_level("DEBUG"):
        fetch("GET", server.url("/T0KEN?key=T0KEN"), purpose="logged", headers={"X-Key": "T0KEN"})
        with pytest.raises(OutboundRefusedError):
            fetch("GET", "http://user:T0KEN@10.0.0.1/T0KEN", purpose="logged")
        with pytest.raises(OutboundRefusedError):
            fetch("GET", "http://10.0.0.1/T0KEN", purpose="logged")

    assert "T0KEN" not in "".join(str(vars(record)) for record in caplog.records)
    told = [record for record in caplog.records if record.name == "septet.outbound"]
    assert [record.getMessage() for record in told] == [
        f"GET http://127.0.0.1:{server.port} 200",
        "GET (unreadable) refused",
        "GET http://10.0.0.1 refused",
    ]
    assert (vars(told[2])["rule"], vars(told[2])["detail"]) == ("address", "Private-Use")
    assert (_count("logged", "2xx"), _count("logged", "refused")) == (1, 2)


def test_a_damaged_head_brings_no_url_into_the_log(serve: Serve, caplog: Any) -> None:
    caplog.set_level("INFO")
    server = serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon\r\nX: y\r\n\r\nok"))

    fetch("GET", server.url("/T0KEN"), purpose="test")

    # urllib3 would warn with the whole URL.
    assert [record.name for record in caplog.records] == ["septet.outbound"]


def _count(purpose: str, outcome: str) -> float | None:
    return REGISTRY.get_sample_value(
        "outbound_calls_total", {"purpose": purpose, "outcome": outcome}
    )
