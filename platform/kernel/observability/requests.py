"""What is written down of a request, by Django's middlewares and beside them alike."""

import logging
from functools import cache

from django_prometheus.middleware import Metrics
from prometheus_client import Counter

logger = logging.getLogger("septet.request")


def log_request(
    method: str, route: str, status: int, seconds: float, *, quiet: bool = False
) -> None:
    """Say how a request went; never its query or body."""
    level = logging.DEBUG if quiet else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s %s %s",
            method,
            route,
            status,
            extra={"status": status, "duration_ms": round(seconds * 1000, 2)},
        )


class RequestMetrics:
    """The metrics of django-prometheus for the POSTs of one view, with their labels found once."""

    def __init__(self, view: str) -> None:
        told = Metrics.get_instance()
        self._begun = [
            told.requests_total,
            told.requests_by_method.labels(method="POST"),
            told.requests_by_view_transport_method.labels(
                view=view, transport="http", method="POST"
            ),
        ]
        self._took = [
            told.requests_latency_before,
            told.requests_latency_by_view_method.labels(view=view, method="POST"),
        ]

        @cache
        def by_status(status: int) -> list[Counter]:
            return [
                told.responses_total,
                told.responses_by_status.labels(status=str(status)),
                told.responses_by_status_view_method.labels(
                    status=str(status), view=view, method="POST"
                ),
            ]

        self._by_status = by_status

    def began(self) -> None:
        """Count a request."""
        for counter in self._begun:
            counter.inc()

    def ended(self, status: int, seconds: float) -> None:
        """Count its answer, and how long it took."""
        for counter in self._by_status(status):
            counter.inc()
        for histogram in self._took:
            histogram.observe(seconds)
