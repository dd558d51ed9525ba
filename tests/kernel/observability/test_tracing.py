"""Traces: which are kept, what their spans say, and that none of it is in anybody's way."""

import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prometheus_client import REGISTRY

from kernel.errors import NotFoundError
from kernel.observability import spool as spools
from kernel.observability import tracing
from kernel.observability.context import current_ids, request_ids
from kernel.observability.metrics import SPANS
from kernel.observability.spool import Spool
from kernel.observability.tracing import NONE, Span, send_to, span

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
KEPT = f"00-{TRACE}-00f067aa0ba902b7-01"
LEFT = f"00-{TRACE}-00f067aa0ba902b7-00"
#: For what takes a moment, on however busy a machine.
PATIENCE_SECONDS = 30


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def take(self, span: Span) -> None:
        self.spans.append(span)


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    send_to(sink, share=1)
    yield sink
    send_to(None, share=0)


def test_spans_are_in_the_callers_trace_each_below_the_one_around_it(kept: Kept) -> None:
    with request_ids("mine", KEPT), span("outer", "server") as outer:
        with span("inner", attributes={"count": 2}) as inner:
            told = current_ids().traceparent
        inner.set("late", "true")

    assert [one.name for one in kept.spans] == ["inner", "outer"]
    assert kept.spans[0].parent == kept.spans[1].id
    assert kept.spans[1].parent == "00f067aa0ba902b7"
    assert {one.trace for one in kept.spans} == {TRACE}
    assert told == f"00-{TRACE}-{kept.spans[0].id}-01"
    assert kept.spans[0].attributes["count"] == 2
    assert isinstance(outer, Span)
    assert outer.began_ns <= kept.spans[0].began_ns <= kept.spans[0].ended_ns <= outer.ended_ns


def test_a_span_fails_with_the_code_of_the_contract_and_says_no_message(kept: Kept) -> None:
    for error in (NotFoundError("no file of Ada"), ValueError("of Ada")):
        with pytest.raises(type(error)), request_ids("", KEPT), span("fails"):
            raise error

    assert [one.failure for one in kept.spans] == ["NOT_FOUND", "ValueError"]


def test_what_the_caller_does_not_keep_is_not_kept_here_and_said_so_further_on(kept: Kept) -> None:
    with request_ids("", LEFT), span("any") as here:
        told = current_ids().traceparent

    assert here is NONE
    assert kept.spans == []
    assert told.startswith(f"00-{TRACE}-")
    assert told.endswith("-00")


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.5, 300, 700), (1, 1000, 1000)])
def test_of_traces_that_begin_here_so_many_are_kept(
    kept: Kept, share: float, least: int, most: int
) -> None:
    send_to(kept, share=share)

    for _ in range(1000):
        with request_ids("", ""), span("any"):
            pass

    assert least <= len(kept.spans) <= most


def test_without_an_endpoint_nothing_is_kept_whoever_asks_and_no_sdk_is_there() -> None:
    assert not tracing.traces()
    with request_ids("", KEPT), span("any") as here:
        assert here is NONE
        # Whoever is asked next may keep it.
        assert current_ids().traceparent == KEPT


def test_what_waits_is_bounded_and_the_rest_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    held, begun = threading.Event(), threading.Event()
    sent: list[int] = []

    def send(spans: object) -> bool:
        begun.set()
        held.wait(PATIENCE_SECONDS)
        sent.append(len(list(spans)))  # type: ignore[call-overload]  # it is a sequence
        return True

    monkeypatch.setattr(spools, "MOST_WAITING", 20)
    monkeypatch.setattr(spools, "TOGETHER", 5)
    # As long as it takes to have five.
    monkeypatch.setattr(spools, "LINGER_SECONDS", PATIENCE_SECONDS)
    spool: Spool[Span] = Spool("spans", SPANS, lambda: send)
    dropped = outcomes("dropped")
    for _ in range(5):
        spool.take(a_span())
    assert begun.wait(PATIENCE_SECONDS)

    for _ in range(50):
        spool.take(a_span())

    assert outcomes("dropped") - dropped == 30
    held.set()
    spool.stop(PATIENCE_SECONDS)
    assert sum(sent) == 25
    assert max(sent) <= 5


def test_a_sender_that_cannot_be_made_or_raises_is_in_nobodys_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> spools.Send[Span]:
        raise RuntimeError("no such endpoint")

    def raises(_spans: object) -> bool:
        raise RuntimeError("away")

    failed = outcomes("failed")
    for make in (broken, lambda: raises):
        spool = Spool("spans", SPANS, make)
        spool.take(a_span())
        spool.stop(PATIENCE_SECONDS)

    assert outcomes("failed") - failed == 1
    assert [record.message for record in caplog.records] == [
        "spans cannot be sent",
        "spans could not be sent",
    ]


@pytest.mark.parametrize("receiver", ["dead", "slow"])
def test_a_dead_or_slow_receiver_costs_who_ends_a_span_nothing(
    receiver: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kernel.observability import otlp  # noqa: PLC0415  it imports the SDK

    monkeypatch.setattr(otlp, "SEND_SECONDS", 0.2)
    caplog.set_level(logging.CRITICAL, "opentelemetry")
    with receiving(slow=receiver == "slow") as endpoint:
        spool = Spool("spans", SPANS, otlp.Collector(endpoint, "", ["files"], "1").of_spans)
        failed = outcomes("failed")
        began = time.monotonic()
        for _ in range(100):
            spool.take(a_span())
        took = time.monotonic() - began
        spool.stop(PATIENCE_SECONDS)

    # A hundred that wait for a receiver would take twenty seconds.
    assert took < 5
    assert outcomes("failed") - failed == 100


def a_span() -> Span:
    made = Span(Kept(), "one", "internal", None, ())
    with request_ids("", KEPT), made:
        pass
    return made


def outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("trace_spans_total", {"outcome": outcome}) or 0.0


def receiving(*, slow: bool) -> "Receiving":
    return Receiving(slow=slow)


class Receiving:
    """A receiver that has ended, or answers when the block ends."""

    def __init__(self, *, slow: bool) -> None:
        self._slow, self._over = slow, threading.Event()
        over = self._over

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                over.wait(PATIENCE_SECONDS)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        if self._slow:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
        else:
            self._server.server_close()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        if self._slow:
            self._server.shutdown()
            self._server.server_close()
