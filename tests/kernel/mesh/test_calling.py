"""What a call to another process tells of itself: a span for each try, with how that ended."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from django.conf import settings

from kernel.errors import UnavailableError
from kernel.ids import new_id
from kernel.mesh import calling
from kernel.mesh.calling import Called, call, exchange
from kernel.mesh.destination import NoAnswerError
from kernel.observability.context import request_ids
from kernel.observability.tracing import send_to
from kernel.tenancy.context import Principal
from tests.kernel.observability.test_tracing import KEPT, TRACE, Kept

SERVICE = settings.SERVICES[-1]
CALLER = Principal(kind="service", id="files", name="files", tenant_id=new_id(), scopes=frozenset())


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setitem(settings.SERVICE_URLS, SERVICE, "http://a.invalid http://b.invalid")
    monkeypatch.setattr(calling, "issue_token", lambda *_: "token")
    sink = Kept()
    send_to(sink, share=0)
    yield sink
    send_to(None, share=0)


def test_each_try_is_a_span_and_the_process_that_is_asked_goes_on_from_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()

    def exchange(_method: str, _url: str, *, headers: dict[str, str], **_: object) -> Called:
        told.append(headers["traceparent"])
        if len(told) == 1:
            raise NoAnswerError("refused", begun=False)
        return Called(status=503 if len(told) == 2 else 200, headers={}, body=b"")

    monkeypatch.setattr(calling, "exchange", exchange)
    with request_ids("", KEPT):
        assert call(SERVICE, "GET", "/x", principal=CALLER, seconds=300).status == 200

    assert [one.failure for one in kept.spans] == ["NoAnswerError", "503", ""]
    assert told == [f"00-{TRACE}-{one.id}-01" for one in kept.spans]


def test_who_gives_no_answer_is_unavailable(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def exchange(*_: object, **__: object) -> Called:
        raise NoAnswerError("timed out", begun=True)

    monkeypatch.setattr(calling, "exchange", exchange)
    with pytest.raises(UnavailableError), request_ids("", KEPT):
        call(SERVICE, "POST", "/x", principal=CALLER, seconds=300)

    # It may have been done, so it is not sent again.
    assert len(kept.spans) == 1


@contextmanager
def a_process(*pieces: bytes, pause: float) -> Iterator[str]:
    """A process that answers one request with these bytes, and waits before each."""

    def answer() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for piece in pieces:
                gone.wait(pause)
                connection.sendall(piece)

    gone = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        gone.set()
        thread.join()


def test_who_answers_drop_by_drop_is_waited_for_no_longer_than_was_said() -> None:
    with a_process(*[b"x"] * 1000, pause=0.05) as url, pytest.raises(NoAnswerError) as told:
        exchange("GET", url, body=b"", headers={}, seconds=0.5)

    assert (str(told.value), told.value.begun) == ("too slow", True)


def test_an_answer_without_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "MOST_BYTES", 100_000)

    with a_process(*[b"x" * 65_536] * 100, pause=0) as url, pytest.raises(NoAnswerError) as told:
        exchange("GET", url, body=b"", headers={}, seconds=30)

    assert (str(told.value), told.value.begun) == ("too large", True)
