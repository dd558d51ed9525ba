"""A WSGI application behind the real server: what reaches it, what comes back, who is refused."""

import asyncio
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from io import BytesIO
from math import ceil
from select import select
from threading import Event
from time import monotonic
from typing import Any

import pytest

from kernel.serving.answer import Answer
from kernel.serving.asgi import CLIENT_GONE, ClientGoneError, Receive, Scope, Send
from kernel.serving.bridge import FILE_CHUNK_BYTES, MOST_PROBES, WAITING_PER_THREAD
from kernel.testing.serving import GIVE_UP_SECONDS, serving

OK = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BUSY = {
    "errors": [
        {
            "message": "too many requests are waiting; try again in a moment",
            "extensions": {"code": "UNAVAILABLE"},
        }
    ]
}


def text(start_response: Any, *chunks: bytes, length: int | None = None) -> Iterable[bytes]:
    headers = [] if length is None else [("Content-Length", str(length))]
    start_response("200 OK", headers)
    return chunks


def read_to_end(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


async def pong(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Gate:
    """An application whose requests to `/held` go on only when told; others are answered."""

    def __init__(self) -> None:
        self.held = Event()
        self.let_go = Event()
        self.seen: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.seen.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/held":
            self.held.set()
            self.let_go.wait(GIVE_UP_SECONDS)
        return text(start_response, b"done", length=4)


def test_a_request_reaches_the_application_as_it_was_sent() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        return text(start_response, b"", length=0)

    with serving(application) as served:
        body = b"POST /caf%C3%A9/a%2Fb?q=%20x&y HTTP/1.1\r\nHost: localhost:80\r\nCookie: a=1\r\n"
        body += b"Cookie: b=2\r\nX-Twice: 1\r\nX-Twice: 2\r\nX_Real_Ip: 9.9.9.9\r\nForwarded: x\r\n"
        body += b"X-Forwarded-For: 8.8.8.8\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
        with served.connect(body + b"Connection: close\r\n\r\nhello") as connection:
            assert read_to_end(connection).startswith(b"HTTP/1.1 200 ")

    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/café/a/b".encode().decode("latin-1"),
        "QUERY_STRING": "q=%20x&y",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(served.port),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "HTTP_HOST": "localhost:80",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_TWICE": "1,2",
        "HTTP_X_FORWARDED_FOR": "8.8.8.8",
        "body": b"hello",
    }
    assert {name: seen[name] for name in expected} == expected
    assert "HTTP_X_REAL_IP" not in seen


def test_the_answer_comes_back_as_it_was_given() -> None:
    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("418 I'm a Teapot", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"short ", b"and ", b"stout"]

    with serving(application) as served, served.client() as client:
        client.request("GET", "/")
        response = client.getresponse()

        assert response.status == 418
        assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert response.headers["server"] is None
        assert response.read() == b"short and stout"


def test_head_has_the_headers_and_no_body() -> None:
    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return text(start_response, b"hello", length=5)

    with serving(application) as served, served.connect(OK.replace(b"GET", b"HEAD")) as connection:
        answer = read_to_end(connection)

    assert b"content-length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_long_body_is_read_while_it_is_still_being_sent() -> None:
    begun = Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        first = environ["wsgi.input"].read(100_000)
        begun.set()
        rest = environ["wsgi.input"].read()
        return text(start_response, f"{len(first)}+{len(rest)}".encode())

    head = b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n"
    with serving(application) as served, served.connect(head + b"x" * 100_000) as connection:
        assert begun.wait(GIVE_UP_SECONDS)
        connection.sendall(b"x" * 200_000)

        assert b"100000+200000" in read_to_end(connection)


def test_of_a_body_cut_in_the_middle_the_application_has_what_came() -> None:
    kept = bytearray()
    arrived, over = Event(), Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            while piece := environ["wsgi.input"].read(50_000):
                kept.extend(piece)
                if len(kept) == 300_000:
                    arrived.set()
        except ClientGoneError:
            over.set()
            raise
        return text(start_response)

    head = b"PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with serving(application) as served:
        with served.connect(head + b"x" * 300_000):
            assert arrived.wait(GIVE_UP_SECONDS)

        assert over.wait(GIVE_UP_SECONDS)
        assert kept == b"x" * 300_000


def test_a_body_in_chunks_reaches_the_application_with_its_length() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return text(
            start_response, environ["CONTENT_LENGTH"].encode(), environ["wsgi.input"].read()
        )

    with serving(application) as served, served.client() as client:
        client.request("POST", "/", body=iter([b"one", b"two"]), encode_chunked=True)

        assert client.getresponse().read() == b"6onetwo"


def test_a_body_over_the_limit_is_refused_and_never_reaches_the_application() -> None:
    gate = Gate()
    with serving(gate, most_body_bytes=1000) as served, served.client() as client:
        client.request("POST", "/large", body=b"x" * 1001)
        refused = client.getresponse()

        assert refused.status == 413
        assert refused.headers["content-type"] == "application/json"
        assert json.load(refused) == {
            "errors": [
                {
                    "message": "a request has at most 1000 bytes, found 1001",
                    "extensions": {"code": "PAYLOAD_TOO_LARGE"},
                }
            ]
        }
        client.request("POST", "/fits", body=b"x" * 1000)
        assert client.getresponse().read() == b"done"
    assert gate.seen == ["/fits"]


def test_more_requests_than_may_wait_are_refused_at_once_and_the_others_answered() -> None:
    gate = Gate()
    held = OK.replace(b"/", b"/held", 1)
    with serving(gate, threads=1) as served:
        first = served.connect(held)
        gate.held.wait(GIVE_UP_SECONDS)
        waiting = [served.connect(OK) for _ in range(WAITING_PER_THREAD + 1)]
        # One of them is too many; which, is up to the order in which they arrived.
        [refused], _, _ = select(waiting, [], [], GIVE_UP_SECONDS)
        head, _, body = read_to_end(refused).partition(b"\r\n\r\n")
        gate.let_go.set()
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in head
        assert json.loads(body) == BUSY
        for connection in [first, *waiting]:
            if connection is not refused:
                assert read_to_end(connection).endswith(b"done")
            connection.close()
    assert len(gate.seen) == WAITING_PER_THREAD + 1


def test_who_sends_a_body_slowly_holds_no_place() -> None:
    slow = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx"
    with serving(Gate(), threads=1) as served, served.client() as client, ExitStack() as stack:
        for _ in range(3 * WAITING_PER_THREAD):
            stack.enter_context(served.connect(slow))
        client.request("GET", "/after")

        assert client.getresponse().read() == b"done"


def test_probes_come_first_but_a_flood_of_them_is_refused_as_others_are() -> None:
    gate = Gate()
    probe = OK.replace(b"/", b"/health/live", 1)
    with serving(gate, threads=1) as served, ExitStack() as stack:
        stack.enter_context(served.connect(OK.replace(b"/", b"/held", 1)))
        gate.held.wait(GIVE_UP_SECONDS)
        many = MOST_PROBES + WAITING_PER_THREAD + 1
        probes = [stack.enter_context(served.connect(probe)) for _ in range(many)]
        refused, _, _ = select(probes, [], [], GIVE_UP_SECONDS)
        assert read_to_end(refused[0]).startswith(b"HTTP/1.1 503 ")
        gate.let_go.set()
        answers = [read_to_end(one) for one in probes if one is not refused[0]]

    assert sum(one.endswith(b"done") for one in answers) >= MOST_PROBES


def test_under_load_the_less_urgent_are_refused_and_usual_requests_and_probes_are_not() -> None:
    gate, least = Gate(), b"Connection: close\r\nPriority: u=5\r\n"
    background = OK.replace(b"Connection: close\r\n", least)
    with serving(gate, threads=1) as served, ExitStack() as stack:
        stack.enter_context(served.connect(OK.replace(b"/", b"/held", 1)))
        gate.held.wait(GIVE_UP_SECONDS)
        many = [stack.enter_context(served.connect(background)) for _ in range(20)]
        # One is held; three quarters of what is taken on are the most with these among them.
        taken = ceil(0.75 * (WAITING_PER_THREAD + 1)) - 1
        refused = list[socket.socket]()
        while len(refused) < len(many) - taken:
            waiting = [one for one in many if one not in refused]
            found, _, _ = select(waiting, [], [], GIVE_UP_SECONDS)
            assert found, f"{len(refused)} refused"
            refused += found
        heads = [read_to_end(one) for one in refused]
        usual = [stack.enter_context(served.connect(OK)) for _ in range(WAITING_PER_THREAD - taken)]
        probe = stack.enter_context(served.connect(OK.replace(b"/", b"/health/live", 1)))
        gate.let_go.set()
        answers = [read_to_end(one) for one in (*usual, probe)]

    assert len(refused) == len(many) - taken
    for head in heads:
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in head
        assert b"x-septet-shed: " in head
    assert [one.endswith(b"done") for one in answers] == [True] * len(answers)


def test_who_left_while_waiting_is_spared_the_work() -> None:
    gate = Gate()
    with serving(gate, threads=1, raw={"/ping": pong}) as served, served.client() as client:
        first = served.connect(OK.replace(b"/", b"/held", 1))
        gate.held.wait(GIVE_UP_SECONDS)
        served.connect(OK.replace(b"/", b"/left", 1)).close()
        # What this tells: the server has seen the client leave.
        client.request("GET", "/ping")
        assert client.getresponse().status == 204
        last = served.connect(OK.replace(b"/", b"/stayed", 1))

        gate.let_go.set()

        for connection in (first, last):
            assert read_to_end(connection).endswith(b"done")
            connection.close()
    assert gate.seen == ["/held", "/stayed"]


def test_an_application_can_ask_whether_its_client_is_still_there() -> None:
    begun, noticed = Event(), Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        assert not environ[CLIENT_GONE]()
        begun.set()
        give_up = monotonic() + GIVE_UP_SECONDS
        while not environ[CLIENT_GONE]() and monotonic() < give_up:
            pass
        if environ[CLIENT_GONE]():
            noticed.set()
        return text(start_response, b"to nobody")

    with serving(application) as served:
        with served.connect(OK):
            assert begun.wait(GIVE_UP_SECONDS)

        assert noticed.wait(GIVE_UP_SECONDS)


def test_a_stream_is_passed_on_piece_by_piece() -> None:
    taken = Event()

    def application(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"one"
        taken.wait(GIVE_UP_SECONDS)
        yield b"two"

    with serving(application) as served, served.client() as client:
        client.request("GET", "/")
        response = client.getresponse()

        assert response.read(3) == b"one"
        taken.set()
        assert response.read() == b"two"


def test_a_stream_ends_when_its_client_leaves() -> None:
    ended = Event()

    def application(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"x" * 1000
        finally:
            ended.set()

    with serving(application) as served:
        with served.connect(OK) as connection:
            assert connection.recv(1000)

        assert ended.wait(GIVE_UP_SECONDS)


def test_no_piece_is_made_before_the_client_took_the_one_before() -> None:
    made: list[bytes] = []
    made_at_sending: list[int] = []

    def application(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        for piece in (b"1", b"2", b"3"):
            made.append(piece)
            yield piece

    async def send(message: Any) -> None:
        if message.get("body"):
            await asyncio.sleep(0)
            made_at_sending.append(len(made))

    async def answered() -> None:
        answer = Answer({}, send, asyncio.get_running_loop())
        await asyncio.to_thread(answer.give, application, {})
        await answer.finish()

    asyncio.run(answered())

    assert made_at_sending == [1, 2, 3]


def test_a_client_that_takes_nothing_loses_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.serving.answer.SILENCE_SECONDS", 0.2)
    ended = Event()

    def application(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"x" * 1_000_000
        finally:
            ended.set()

    with serving(application) as served, served.connect(OK):
        assert ended.wait(GIVE_UP_SECONDS)


def test_a_file_goes_out_in_large_pieces_and_is_closed() -> None:
    file = BytesIO(b"x" * (FILE_CHUNK_BYTES + 1))

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](file, 4096)  # type: ignore[no-any-return]

    with serving(application) as served, served.connect(OK) as connection:
        sizes = [line for line in read_to_end(connection).split(b"\r\n") if len(line) < 10]

    assert sizes == [b"", b"40000", b"1", b"x", b"0", b"", b""]
    assert file.closed


def test_nothing_that_a_request_sets_is_seen_by_the_next_one() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="nothing")

    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen = variable.get()
        variable.set("something")
        return text(start_response, seen.encode())

    with serving(application, threads=1) as served, served.client() as client:
        for _ in range(2):
            client.request("GET", "/")
            assert client.getresponse().read() == b"nothing"


def test_an_application_that_fails_costs_only_its_own_request() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/bad":
            raise ValueError("secret")
        return text(start_response, b"good")

    with serving(application, threads=1) as served:
        with served.connect(OK.replace(b"/", b"/bad", 1)) as connection:
            answer = read_to_end(connection)
        with served.client() as client:
            client.request("GET", "/")
            assert client.getresponse().read() == b"good"

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in answer


def test_a_stream_that_fails_is_not_taken_for_complete() -> None:
    def application(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"one"
        raise ValueError

    with serving(application) as served, served.connect(OK) as connection:
        assert read_to_end(connection).endswith(b"\r\n\r\n3\r\none\r\n")
