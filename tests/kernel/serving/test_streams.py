"""Streams and long polls by the real server: what Django lets in goes on, and holds no thread."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import parse_qs

import pytest
from prometheus_client import REGISTRY

from kernel.serving import broadcast, streams
from kernel.serving.broadcast import Broadcaster, StreamEvent
from kernel.serving.streams import EventStreams, Listen, Room
from kernel.testing.serving import GIVE_UP_SECONDS, Served, serving

FIRST = StreamEvent(data=b'{"n":1}', id="1", name="news")
SECOND = StreamEvent(data=b'{"n":2}', id="2", name="news")
LAST = StreamEvent(data=b'{"n":3}', id="3", last=True)


class Site:
    """Django as a stand-in: who has the key listens to what the query says."""

    def __init__(self, source: Broadcaster) -> None:
        self.source = source
        self.asked = 0
        self.between: Callable[[], None] = lambda: None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked += 1
        if environ.get("HTTP_AUTHORIZATION") != "Bearer key":
            start_response("401 -", [("Content-Type", "application/json"), ("Content-Length", "2")])
            return [b"{}"]
        asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        position = self.source.position()
        self.between()
        listen = Listen(
            topic=asked.get("topic", "a"),
            tenant=asked.get("tenant", "t"),
            position=position,
            seen=asked.get("seen", ""),
            wait_seconds=float(asked.get("wait", 0)),
        )
        body = b"%d" % self.asked if listen.wait_seconds else b"retry: 2000\n\n"
        kind = "text/plain" if listen.wait_seconds else "text/event-stream"
        start_response(
            "200 OK",
            [
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("X-Septet-Listen", listen.header()),
            ],
        )
        return [body]


@pytest.fixture
def source() -> Broadcaster:
    return Broadcaster()


@pytest.fixture
def site(source: Broadcaster, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(streams, "room", Room())
    return Site(source)


@pytest.fixture
def served(site: Site, source: Broadcaster) -> Iterator[Served]:
    raw = {"/events": EventStreams("test", source=source)}
    with serving(site, raw=raw, stop_timeout=timedelta(seconds=5)) as running:
        yield running


@pytest.fixture
def opened(served: Served) -> Iterator[Callable[..., HTTPResponse]]:
    """Open a stream, and close it at the end of the test."""
    with ExitStack() as stack:

        def open_one(query: str = "", key: str = "key", method: str = "GET") -> HTTPResponse:
            client = HTTPConnection("127.0.0.1", served.port, timeout=GIVE_UP_SECONDS)
            stack.callback(client.close)
            client.request(method, f"/events?{query}", headers={"Authorization": f"Bearer {key}"})
            return stack.enter_context(closing(client.getresponse()))

        yield open_one


Opened = Callable[..., HTTPResponse]


def event(response: HTTPResponse) -> bytes:
    """Return the next event that is no beginning and no heartbeat."""
    lines = []
    while (line := response.readline()) not in {b"\n", b""}:
        lines.append(line)
    found = b"".join(lines)
    return event(response) if found.startswith((b"retry", b":")) else found


def begun(response: HTTPResponse) -> HTTPResponse:
    """Return a stream of which the beginning has come."""
    assert response.readline() == b"retry: 2000\n"
    assert response.readline() == b"\n"
    return response


def received(client: socket.socket, end: bytes) -> bytes:
    """Return what comes up to this."""
    found = bytearray()
    while not found.endswith(end):
        piece = client.recv(1_000_000)
        assert piece
        found += piece
    return bytes(found)


def until(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not held():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_any_thread_publishes_reaches_who_listens_to_that_topic(
    opened: Opened, source: Broadcaster
) -> None:
    ours, theirs = begun(opened("topic=a")), begun(opened("topic=b"))
    until(lambda: source.topics() == {"a", "b"})

    for told in (FIRST, SECOND):
        thread = threading.Thread(target=source.publish, args=("a", told))
        thread.start()
        thread.join()
    source.publish("b", LAST)

    assert ours.headers["Content-Type"] == "text/event-stream"
    assert (ours.headers["Content-Length"], ours.headers["X-Septet-Listen"]) == (None, None)
    assert event(ours) == b'id: 1\nevent: news\ndata: {"n":1}\n'
    assert event(ours) == b'id: 2\nevent: news\ndata: {"n":2}\n'
    assert theirs.read() == b'id: 3\ndata: {"n":3}\n\n'


def test_nothing_is_missed_between_djangos_answer_and_the_first_event(
    opened: Opened, source: Broadcaster, site: Site
) -> None:
    source.publish("a", FIRST)
    site.between = lambda: source.publish("a", SECOND)

    assert event(opened()) == SECOND.encode().removesuffix(b"\n")


def test_where_too_much_was_told_in_between_the_stream_ends_at_once(
    opened: Opened, source: Broadcaster, site: Site
) -> None:
    def flood() -> None:
        for _ in range(2_000):
            source.publish("other", FIRST)

    site.between = flood

    assert opened().read() == b"retry: 2000\n\n"


def test_who_django_does_not_let_in_is_told_so(opened: Opened, source: Broadcaster) -> None:
    refused = opened(key="another")

    assert (refused.status, refused.read(), source.topics()) == (401, b"{}", set())


def test_what_was_seen_is_not_sent_again(opened: Opened, source: Broadcaster) -> None:
    response = begun(opened("seen=1"))
    until(lambda: source.topics() == {"a"})

    for told in (FIRST, SECOND, SECOND, LAST):
        source.publish("a", told)

    assert response.read() == SECOND.encode() + LAST.encode()


def test_a_thousand_idle_listeners_hold_no_thread_and_all_are_told(
    served: Served, source: Broadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_OF_TENANT", 1_000)
    before = threading.active_count()
    asked = b"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n\r\n"
    with ExitStack() as stack:
        clients = []
        for _ in range(1_000):
            client = stack.enter_context(served.connect(asked))
            received(client, b"retry: 2000\n\n\r\n")
            clients.append(client)
        until(lambda: streams.room.taken == 1_000)
        held = threading.active_count() - before
        started = time.monotonic()
        source.publish("a", FIRST)
        for client in clients:
            received(client, FIRST.encode() + b"\r\n")
        seconds = time.monotonic() - started

    assert held <= 2
    assert seconds < 5


def test_who_takes_nothing_is_cut_off_and_the_others_are_not(
    opened: Opened, served: Served, source: Broadcaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = b"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n\r\n"
    large = StreamEvent(data=b"x" * 1_000_000)
    with served.connect(asked) as slow:
        quick = begun(opened())
        assert b"retry" in slow.recv(4_096)
        until(lambda: streams.room.taken == 2)
        for _ in range(broadcast.MOST_WAITING + 20):
            source.publish("a", large)
            assert len(event(quick)) > 1_000_000
        source.publish("a", LAST)
        assert event(quick) == LAST.encode().removesuffix(b"\n")
        left = received(slow, b"\r\n0\r\n\r\n")

    assert LAST.data not in left
    assert left.count(b"data: ") <= broadcast.MOST_WAITING
    until(lambda: streams.room.taken == 0)


def test_a_stream_says_that_it_lives_and_ends_after_its_time(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.12)

    assert begun(opened()).read().startswith(b":\n\n:\n\n")


def test_a_process_and_a_tenant_have_room_for_so_many(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_LISTENERS", 3)
    monkeypatch.setattr(streams, "MOST_OF_TENANT", 2)
    for _ in range(2):
        begun(opened("tenant=one"))

    second = opened("tenant=one")
    other = begun(opened("tenant=two"))
    full = opened("tenant=three")

    assert (second.status, b"UNAVAILABLE" in second.read()) == (503, True)
    assert other.status == 200
    assert (full.status, full.headers["Retry-After"]) == (503, "1")


def test_a_place_is_free_again_when_its_listener_leaves(
    served: Served, opened: Opened, source: Broadcaster
) -> None:
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=GIVE_UP_SECONDS)) as client:
        client.request("GET", "/events", headers={"Authorization": "Bearer key"})
        begun(client.getresponse())
        until(lambda: streams.room.taken == 1)
        assert REGISTRY.get_sample_value("septet_stream_listeners", {"stream": "test"}) == 1

    until(lambda: streams.room.taken == 0)
    assert source.topics() == set()
    assert REGISTRY.get_sample_value("septet_stream_listeners", {"stream": "test"}) == 0


def test_streams_end_when_the_process_stops(opened: Opened, served: Served) -> None:
    response = begun(opened())

    served.tell_to_stop()

    assert response.read() == b""


def test_other_methods_are_djangos(opened: Opened, source: Broadcaster) -> None:
    assert opened(method="POST").read() == b"retry: 2000\n\n"
    assert source.topics() == set()


def test_a_long_poll_is_answered_by_what_django_says_after_the_event(
    served: Served, source: Broadcaster, site: Site
) -> None:
    client = HTTPConnection("127.0.0.1", served.port, timeout=GIVE_UP_SECONDS)
    with closing(client):
        client.request("GET", "/events?wait=10", headers={"Authorization": "Bearer key"})
        until(lambda: source.topics() == {"a"})
        source.publish("a", FIRST)
        response = client.getresponse()

        assert (response.read(), response.headers["Content-Length"]) == (b"2", "1")
        assert response.headers["X-Septet-Listen"] is None
    assert site.asked == 2


def test_a_long_poll_without_news_is_answered_in_time(opened: Opened, source: Broadcaster) -> None:
    started = time.monotonic()

    assert opened("wait=0.1").read() == b"2"
    assert 0.1 <= time.monotonic() - started < 5
    assert source.topics() == set()


def test_what_happens_elsewhere_is_looked_for_while_somebody_listens(
    site: Site, source: Broadcaster
) -> None:
    looks: list[set[str]] = []

    def look(topics: set[str]) -> None:
        looks.append(topics)
        if len(looks) == 1:
            raise OSError("the database is away")
        source.publish("a", LAST)

    raw = {"/events": EventStreams("test", source=source, look=look, every_seconds=0.01)}
    with serving(site, raw=raw) as running, running.client() as client:
        client.request("GET", "/events", headers={"Authorization": "Bearer key"})
        assert client.getresponse().read().endswith(LAST.encode())
        until(lambda: source.topics() == set())
        time.sleep(0.05)
        count = len(looks)
        time.sleep(0.05)

    assert looks[:2] == [{"a"}, {"a"}]
    assert len(looks) == count
