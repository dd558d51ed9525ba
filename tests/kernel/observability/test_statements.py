"""What is slow is in the log, and in a trace that is kept each statement is a span."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from kernel.observability.context import request_ids
from kernel.observability.middleware import RequestLogMiddleware
from kernel.observability.requests import log_request
from kernel.observability.statements import Watch, shape_of
from kernel.observability.tracing import send_to, span
from tests.kernel.observability.test_tracing import KEPT, LEFT, Kept

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT  a\n FROM b", "SELECT a FROM b"),
        ("SELECT 'Ada''s', 12 FROM t1 WHERE x = %s", "SELECT ?, ? FROM t1 WHERE x = %s"),
        ("VALUES (%s, %s, %s, %s)", "VALUES (%s, …)"),
        (f"SELECT '{'Ada ' * 2_000}' FROM t", "SELECT ?"),
    ],
)
def test_a_statement_is_told_without_values_and_in_one_line(sql: str, shape: str) -> None:
    assert shape_of(sql) == shape


@pytest.mark.django_db
def test_a_slow_statement_is_logged_by_its_text_alone(caplog: pytest.LogCaptureFixture) -> None:
    quick, slow = Watch(slow_seconds=60, spans=False), Watch(slow_seconds=1e-9, spans=False)

    with caplog.at_level(logging.WARNING, "septet.statement"):
        for watch in (quick, slow):
            with (
                request_ids("", ""),
                connection.execute_wrapper(watch),
                connection.cursor() as cursor,
            ):
                cursor.execute("SELECT %s, 7", ["Ada"])
        # Of what belongs to no request, event or job nothing is told.
        with connection.execute_wrapper(slow), connection.cursor() as cursor:
            cursor.execute("SELECT 8")

    (record,) = caplog.records
    assert vars(record)["statement"] == "SELECT %s, ?"
    assert vars(record)["duration_ms"] >= 0
    assert "Ada" not in str(vars(record))


@pytest.mark.django_db
def test_statements_of_a_kept_trace_are_spans_below_what_asks() -> None:
    sink = Kept()
    send_to(sink, share=0)
    try:
        with connection.execute_wrapper(Watch(slow_seconds=0, spans=True)):
            for told in (KEPT, LEFT):
                with request_ids("", told), span("asks"), connection.cursor() as cursor:
                    cursor.execute("SELECT %s", ["Ada"])
    finally:
        send_to(None, share=0)

    statement, asks = sink.spans
    assert (statement.name, statement.parent) == ("SELECT", asks.id)
    assert statement.attributes["db.query.text"] == "SELECT %s"
    assert "Ada" not in str(statement.attributes)


def test_a_watched_connection_is_watched_once_however_often_it_is_opened() -> None:
    before = list(connection.execute_wrappers)
    try:
        for _ in range(2):
            Watch(slow_seconds=1, spans=False).begin(connection)

        assert len([one for one in connection.execute_wrappers if isinstance(one, Watch)]) == 1
    finally:
        connection.execute_wrappers[:] = before


@pytest.mark.parametrize(
    ("status", "seconds", "traceparent", "levels"),
    [
        (200, 0.1, LEFT, []),
        (200, 0.1, KEPT, ["INFO"]),
        (500, 0.1, LEFT, ["INFO"]),
        (200, 9.0, LEFT, ["WARNING"]),
    ],
)
def test_of_requests_a_share_is_logged_and_those_that_matter(
    caplog: pytest.LogCaptureFixture,
    settings: pytest.FixtureRequest,
    status: int,
    seconds: float,
    traceparent: str,
    levels: list[str],
) -> None:
    settings.LOG_REQUESTS = 0.0  # type: ignore[attr-defined]  # pytest-django's
    settings.LOG_SLOW_REQUESTS = timedelta(seconds=5)  # type: ignore[attr-defined]  # as above

    with caplog.at_level(logging.DEBUG, "septet.request"), request_ids("", traceparent):
        log_request("GET", "/x", status, seconds)

    assert [record.levelname for record in caplog.records] == levels


def test_a_request_is_a_span_with_its_route_and_probes_are_none() -> None:
    sink = Kept()
    send_to(sink, share=0)
    try:
        answer = RequestLogMiddleware(lambda _request: HttpResponse(status=503))
        for path in ("/files/1", "/health/ready"):
            answer(RequestFactory().get(path, headers={"traceparent": KEPT}))
    finally:
        send_to(None, share=0)

    (one,) = sink.spans
    assert (one.name, one.kind, one.failure) == ("GET (no route)", "server", "503")
    assert one.attributes["http.response.status_code"] == 503
