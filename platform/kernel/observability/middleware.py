"""One log line for each request, and the ids that tie everything to it."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel.observability.context import request_ids
from kernel.observability.requests import answered, log_request
from kernel.observability.tracing import NONE, span

#: Asked every few seconds by machines; logged only when somebody debugs.
_QUIET = ("/health/", "/metrics", "/static/")


class RequestLogMiddleware:
    """Gives every request its ids and says afterwards how it went; never its query or body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        method = request.method or ""
        with (
            request_ids(given, request.headers.get("traceparent", "")) as ids,
            NONE if request.path.startswith(_QUIET) else span(method, "server") as here,
        ):
            response = self._get_response(request)
            response["X-Request-Id"] = ids.request
            answered(here, method, _route(request), response.status_code)
            quiet = request.path.startswith(_QUIET) and response.status_code < 500
            log_request(
                method,
                _route(request),
                response.status_code,
                time.perf_counter() - started,
                quiet=quiet,
            )
        return response


def _route(request: HttpRequest) -> str:
    # The pattern, not the path: ids and names of people stay out of the log.
    match = request.resolver_match
    return f"/{match.route}" if match else "(no route)"
