"""A lane beside Django's middlewares, for programs: they send a key, and need nothing of browsers.

Sessions, CSRF tokens, messages and redirects cost a request of a program more than its answer.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_header_parameters

from kernel.headers import FOR_PROGRAMS, came_by_https, transport_security
from kernel.http import Asked, Reply, unexpected
from kernel.observability.context import request_ids
from kernel.observability.requests import RequestMetrics, answered, log_request
from kernel.observability.tracing import span
from kernel.own_writes import seeing_own_writes
from kernel.serving.answer import WSGIApplication
from kernel.serving.environ import variable_of

_REASONS = {200: "200 OK"}


class Headers(Mapping[str, str]):
    """The headers in a WSGI environment, under the names that HTTP gives them."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ[variable_of(name)]
        return value

    def __iter__(self) -> Iterator[str]:
        return (
            name.removeprefix("HTTP_").replace("_", "-").title()
            for name in self._environ
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, name: str, default: Any = None) -> Any:
        return self._environ.get(variable_of(name), default)


class ProgramRequest:
    """What an endpoint for programs reads of a WSGI environment."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.META = environ
        self.headers = Headers(environ)
        self.method: str = environ["REQUEST_METHOD"]
        self.content_type, self.content_params = _content_type(environ.get("CONTENT_TYPE", ""))

    def read(self, size: int) -> bytes:
        """Return so many bytes of the body, or what there is."""
        length = int(self.META.get("CONTENT_LENGTH") or 0)
        body: bytes = self.META["wsgi.input"].read(min(size, length))
        return body


class Lane:
    """A WSGI application before Django's.

    It takes the POSTs with a credential in their headers to the paths it is given, each under the
    name its view has, and passes on everything else. A path that ends with a slash stands for all
    below it. Its answers are the same as Django's.
    """

    def __init__(
        self, django: WSGIApplication, replies: Mapping[str, tuple[str, Callable[[Asked], Reply]]]
    ) -> None:
        self._django = django
        self._transport_security = transport_security()
        self._replies = {
            path: (reply, f"/{path.lstrip('/')}", RequestMetrics(name))
            for path, (name, reply) in replies.items()
        }
        self._below = {path: one for path, one in self._replies.items() if path.endswith("/")}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        found = self._replies.get(path) or next(
            (one for below, one in self._below.items() if path.startswith(below)), None
        )
        if found is None or not is_for_programs(environ):
            return self._django(environ, start_response)
        started = time.perf_counter()
        answer, route, metrics = found
        request = ProgramRequest(environ)
        metrics.began()
        with (
            request_ids(
                request.headers.get("X-Request-Id", ""), request.headers.get("traceparent", "")
            ) as ids,
            span("POST", "server") as here,
        ):
            try:
                reply = seeing_own_writes(request, answer)
            except Exception as error:  # noqa: BLE001  the funnel of everything that goes wrong
                reply = unexpected(error)
            finally:
                close_old_connections()
            answered(here, "POST", route, reply.status)
            seconds = time.perf_counter() - started
            log_request("POST", route, reply.status, seconds)
            metrics.ended(reply.status, seconds)
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(reply.body))),
            *reply.headers.items(),
            *FOR_PROGRAMS,
            ("X-Request-Id", ids.request),
        ]
        if self._transport_security and came_by_https(environ):
            headers.append(("Strict-Transport-Security", self._transport_security))
        start_response(_REASONS.get(reply.status, f"{reply.status} -"), headers)
        return [reply.body]


def is_for_programs(environ: Mapping[str, Any]) -> bool:
    """Say whether a request is a program's, by its own credential, to a host of ours."""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and ("HTTP_AUTHORIZATION" in environ or "HTTP_X_API_KEY" in environ)
        # Django refuses who asks for another host.
        and "HTTP_X_FORWARDED_HOST" not in environ
        and _is_our_host(environ.get("HTTP_HOST", ""))
    )


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


@lru_cache(maxsize=64)
def _content_type(text: str) -> tuple[str, dict[str, Any]]:
    return parse_header_parameters(text)
