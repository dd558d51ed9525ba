"""The stream a WSGI application reads, over a client that sends, stalls or leaves."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest

from kernel.serving import body as module
from kernel.serving.asgi import ClientGoneError
from kernel.serving.body import UNSIZED_BYTES, Body, LengthRequiredError, SilentClientError

MakeBody = Callable[..., Body]
GONE = {"type": "http.disconnect"}


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs on a thread, as a server's does beside its workers."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def body_of(loop: asyncio.AbstractEventLoop) -> MakeBody:
    """A body that comes in these pieces; ended, unless the client is told to leave or to stall."""

    def make(*pieces: bytes, then: str = "end") -> Body:
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
        ]
        if then == "end":
            messages[-1]["more_body"] = False
        if then == "leave":
            messages.append(GONE)

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")

        return Body(receive, loop)

    return make


def test_reading_gives_as_much_as_was_asked_for_and_then_nothing(body_of: MakeBody) -> None:
    body = body_of(b"one", b"two", b"three")

    assert [body.read(4), body.read(0), body.read(), body.read(4)] == [
        b"onet",
        b"",
        b"wothree",
        b"",
    ]


def test_lines_may_be_split_anywhere(body_of: MakeBody) -> None:
    body = body_of(b"fir", b"st\nsecond\nth", b"ird")

    assert list(body) == [b"first\n", b"second\n", b"third"]


@pytest.mark.parametrize(("size", "line"), [(2, b"fi"), (6, b"first\n"), (9, b"first\n")])
def test_a_line_is_never_longer_than_was_asked_for(
    body_of: MakeBody, size: int, line: bytes
) -> None:
    assert body_of(b"first\nsecond").readline(size) == line


def test_what_came_before_the_client_left_is_read_and_then_the_leaving_is_told(
    body_of: MakeBody,
) -> None:
    body = body_of(b"abc", b"de", then="leave")

    assert body.read(4) == b"abcd"
    assert body.read(4) == b"e"
    for _ in range(2):
        with pytest.raises(ClientGoneError, match="left in the middle of the body"):
            body.read(4)


def test_a_client_that_falls_silent_is_gone(
    body_of: MakeBody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.01)
    body = body_of(b"abc", then="stall")

    assert body.read(4) == b"abc"
    with pytest.raises(ClientGoneError, match=r"sent nothing for 0\.01 s"):
        body.read(4)


def test_a_client_that_sends_a_byte_at_a_time_holds_a_thread_no_longer(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_SECONDS", 0.2)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    body = Body(receive, loop)

    assert 1 <= len(body.read()) <= 20
    with pytest.raises(ClientGoneError, match=r"did not come within 0\.2 s"):
        body.read()


def test_collecting_tells_the_length_of_a_short_body(body_of: MakeBody) -> None:
    body = body_of(b"one", b"two")

    assert asyncio.run(body.collect(sized=False)) == 6
    assert body.read() == b"onetwo"


def test_collecting_takes_in_no_more_of_a_long_body_than_it_must(body_of: MakeBody) -> None:
    piece = b"x" * 60_000
    body = body_of(piece, piece, piece)

    assert asyncio.run(body.collect(sized=True)) is None
    assert len(body._bytes) == 120_000
    assert len(body.read()) == 180_000


def test_a_long_body_must_tell_its_length(body_of: MakeBody) -> None:
    half = b"x" * (UNSIZED_BYTES // 2)

    assert asyncio.run(body_of(half, half).collect(sized=False)) == UNSIZED_BYTES
    with pytest.raises(LengthRequiredError):
        asyncio.run(body_of(half, half, b"x", b"x").collect(sized=False))


def test_collecting_ends_when_nothing_comes(
    body_of: MakeBody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.01)

    with pytest.raises(SilentClientError):
        asyncio.run(body_of(b"abc", then="stall").collect(sized=True))
