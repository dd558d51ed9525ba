"""What is written down of a request, by Django's middlewares and beside them alike."""

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django_prometheus.middleware import Metrics
from prometheus_client import Counter

from kernel.observability.context import Ids, current_ids, exemplar, share_of
from kernel.observability.tracing import AnySpan

logger = logging.getLogger("septet.request")


def log_request(
    method: str, route: str, status: int, seconds: float, *, quiet: bool = False
) -> None:
    """Say how a request went; never its query or body."""
    level = logging.DEBUG if quiet else logging.INFO
    slow = settings.LOG_SLOW_REQUESTS.total_seconds()
    if 0 < slow < seconds:
        level = logging.WARNING
    elif status < 500 and settings.LOG_REQUESTS < 1 and not _is_told(current_ids()):
        return
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s %s %s",
            method,
            route,
            status,
            extra={"status": status, "duration_ms": round(seconds * 1000, 2)},
        )


def _is_told(ids: Ids) -> bool:
    """Say whether a request that went well is of the share that has a line in the log."""
    return ids.sampled or share_of(ids.trace) < settings.LOG_REQUESTS


def answered(span: AnySpan, method: str, route: str, status: int) -> None:
    """Tell the span of a request how it ended (semantic conventions of OpenTelemetry, "HTTP")."""
    if not span.kept:
        return
    span.rename(f"{method} {route}")
    span.set("http.request.method", method)
    span.set("http.route", route)
    span.set("http.response.status_code", status)
    span.set("septet.request_id", current_ids().request)
    if status >= 500:
        span.fail(str(status))


class RequestMetrics:
    """The metrics of django-prometheus for the POSTs of one view, with their labels found once.

    What is counted by one is given to the counters' values themselves: whether a counter wants
    labels and whether the number is positive is known here, and to ask is a third of its price.
    """

    def __init__(self, view: str) -> None:
        told = Metrics.get_instance()
        self._begun = _values(
            told.requests_total,
            told.requests_by_method.labels(method="POST"),
            told.requests_by_view_transport_method.labels(
                view=view, transport="http", method="POST"
            ),
        )
        self._took = [
            told.requests_latency_before,
            told.requests_latency_by_view_method.labels(view=view, method="POST"),
        ]

        @cache
        def by_status(status: int) -> list[Any]:
            return _values(
                told.responses_total,
                told.responses_by_status.labels(status=str(status)),
                told.responses_by_status_view_method.labels(
                    status=str(status), view=view, method="POST"
                ),
            )

        self._by_status = by_status

    def began(self) -> None:
        """Count a request."""
        for value in self._begun:
            value.inc(1)

    def ended(self, status: int, seconds: float) -> None:
        """Count its answer, and how long it took; told while it still goes on."""
        for value in self._by_status(status):
            value.inc(1)
        trace = exemplar()
        for histogram in self._took:
            histogram.observe(seconds, trace)


def _values(*counters: Counter) -> list[Any]:
    return [counter._value for counter in counters]
