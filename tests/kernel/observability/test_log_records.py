"""Logs over OTLP: each record with its trace, masked, bounded, and in nobody's way."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from prometheus_client import REGISTRY

from kernel.observability import log_records, otlp
from kernel.observability.context import current_ids, keep_share, request_ids
from kernel.observability.log_records import Record, RecordHandler
from kernel.observability.metrics import LOG_RECORDS
from kernel.observability.spool import Spool
from kernel.observability.tracing import Span, send_to, span
from tests.kernel.observability.test_masking import PERSONAL, SECRETS
from tests.kernel.observability.test_tracing import PATIENCE_SECONDS, receiving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
KEPT = f"00-{TRACE}-00f067aa0ba902b7-01"
LEFT = f"00-{TRACE}-00f067aa0ba902b7-00"


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def take(self, one: Record | Span) -> None:
        if isinstance(one, Record):
            self.records.append(one)

    def told(self) -> list[ReadableLogRecord]:
        resource = Resource({"service.name": "septet"})
        return [otlp.readable_record(one, resource) for one in self.records]


@contextmanager
def logger_to(sink: log_records.Sink) -> Iterator[logging.Logger]:
    """Yield a logger that tells a sink alone."""
    logger = logging.getLogger("tests.logged")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = RecordHandler(sink)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    send_to(sink, share=0)
    yield sink
    send_to(None, share=0)
    keep_share(0)


def test_a_record_belongs_to_the_span_that_it_was_logged_in(kept: Kept) -> None:
    with logger_to(kept) as logger, request_ids("mine", KEPT), span("outer") as here:
        logger.warning("held %s rows", 3, extra={"duration_ms": 1.5, "group": "files.scan"})
    with logger_to(kept) as logger, request_ids("", LEFT):
        logger.info("of no span")
    with logger_to(kept) as logger:
        logger.info("of no trace")

    first, second, third = kept.told()
    assert isinstance(here, Span)
    assert (first.log_record.trace_id, first.log_record.span_id) == (
        int(TRACE, 16),
        int(here.id, 16),
    )
    assert first.log_record.trace_flags == 1
    assert (first.log_record.body, first.log_record.severity_text) == ("held 3 rows", "WARNING")
    assert first.log_record.severity_number is SeverityNumber.WARN
    assert first.instrumentation_scope
    assert first.instrumentation_scope.name == "tests.logged"
    assert first.log_record.attributes == {
        "septet.request_id": "mine",
        "duration_ms": 1.5,
        "group": "files.scan",
    }
    assert first.log_record.timestamp
    assert abs(first.log_record.timestamp / 1e9 - time.time()) < PATIENCE_SECONDS
    # Of a trace that nobody keeps no span is named that is nowhere.
    assert (second.log_record.trace_id, second.log_record.span_id) == (int(TRACE, 16), 0)
    assert (third.log_record.trace_id, third.log_record.span_id) == (0, 0)


@pytest.mark.parametrize(("text", "hidden", "stays"), SECRETS + PERSONAL)
def test_what_no_line_tells_no_record_tells(kept: Kept, text: str, hidden: str, stays: str) -> None:
    with logger_to(kept) as logger:
        logger.warning("told: %s", text)

    (record,) = kept.told()
    body = str(record.log_record.body)
    assert hidden not in body
    assert stays in body


def test_a_value_is_masked_by_its_name_and_a_trace_of_an_error_as_a_whole(kept: Kept) -> None:
    with logger_to(kept) as logger:
        try:
            raise ValueError("no mailbox anna@example.org")
        except ValueError:
            logger.exception("refused", extra={"password": "hunter2", "count": 2})

    (record,) = kept.told()
    assert record.log_record.attributes
    assert record.log_record.attributes["password"] == "***"
    assert record.log_record.attributes["count"] == 2
    told = str(record.log_record.attributes["exception.stacktrace"])
    assert told.startswith("Traceback")
    assert told.endswith("ValueError: no mailbox ***@example.org")


def test_a_record_is_bounded_and_keeps_the_end_of_its_error(kept: Kept) -> None:
    with logger_to(kept) as logger:
        try:
            raise ValueError("x" * 50_000 + "the end")
        except ValueError:
            logger.exception("y" * 50_000, extra={"rows": ["z"] * 50_000})

    (record,) = kept.told()
    assert len(kept.records[0].text) < log_records.MOST_CHARACTERS
    assert record.log_record.severity_text == "ERROR"
    assert record.log_record.attributes
    assert str(record.log_record.attributes["exception.stacktrace"]).endswith("the end")


def test_what_senders_log_is_not_sent_by_them(kept: Kept) -> None:
    with logger_to(kept) as logger:
        for name in log_records.SENDERS:
            thread = threading.Thread(target=logger.error, args=("away",), name=name)
            thread.start()
            thread.join()

    assert kept.records == []


@pytest.mark.parametrize("receiver", ["dead", "slow"])
def test_a_dead_or_slow_receiver_costs_who_logs_nothing(
    receiver: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "SEND_SECONDS", 0.2)
    caplog.set_level(logging.CRITICAL, "opentelemetry")
    with receiving(slow=receiver == "slow") as endpoint:
        sends = otlp.Collector(endpoint, "", ["files"], "1").of_records
        spool = Spool("log records", LOG_RECORDS, sends)
        failed = outcomes("failed")
        with logger_to(spool) as logger, request_ids("", KEPT):
            assert current_ids().sampled
            began = time.monotonic()
            for number in range(100):
                logger.info("line %s", number)
            took = time.monotonic() - began
        spool.stop(PATIENCE_SECONDS)

    # A hundred that wait for a receiver would take twenty seconds.
    assert took < 5
    assert outcomes("failed") - failed == 100


def outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("log_records_total", {"outcome": outcome}) or 0.0
