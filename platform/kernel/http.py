"""Errors over HTTP in the one JSON form, with the status of their class."""

import re
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate
from typing import Any, Protocol

import orjson
from django.http import Http404, HttpRequest, HttpResponse

from kernel import clock, paths
from kernel.errors import DomainError, InvalidInputError, MethodNotAllowedError, NotFoundError
from kernel.masking import as_domain_error, describe
from kernel.observability.context import request_id

_API_PATH = re.compile(f"/{paths.FOR_PROGRAMS}")
#: Nobody has to be waited for any longer.
MOST_WAITED_SECONDS = 86_400
#: Answers below 500 that pass: too slow, too early, too many requests (RFC 9110, 8470, 6585).
_PASSING = frozenset({408, 425, 429})


class Asked(Protocol):
    """What of a request the endpoints for programs read; Django's own request has it too."""

    @property
    def method(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def META(self) -> Mapping[str, Any]: ...  # noqa: N802  Django's name
    @property
    def content_type(self) -> str | None: ...
    @property
    def content_params(self) -> Mapping[str, Any] | None: ...
    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class Reply:
    """An answer in JSON, whoever sends it."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def as_response(self) -> HttpResponse:
        """Return it as Django sends it."""
        return HttpResponse(
            self.body, content_type=self.content_type, status=self.status, headers=self.headers
        )


def error_reply(error: DomainError) -> Reply:
    """Return an error as HTTP: `{"errors": [{"message", "extensions": {"code", "id"}}]}`."""
    reply = _reply(error.code, str(error), error.status)
    if error.retryable:
        reply.headers["Retry-After"] = str(error.retry_after_seconds)
    return reply


def error_response(error: DomainError) -> HttpResponse:
    """Return the same as Django sends it."""
    return error_reply(error).as_response()


def passes(status: int) -> bool:
    """Say of an answer that is no yes whether the same request may be answered otherwise later."""
    return status >= 500 or status in _PASSING


def seconds_to_wait(retry_after: str) -> int | None:
    """Return for how long `Retry-After` asks to wait, by seconds or a date (RFC 9110, 10.2.3).

    A day at most; None for what says nothing.
    """
    told = retry_after.strip()
    if told.isascii() and told.isdecimal() and len(told) < 10:
        return min(int(told), MOST_WAITED_SECONDS)
    moment = parsedate(told)
    if moment is None:
        return None
    try:
        seconds = timegm(moment) - int(clock.now().timestamp())
    except (ValueError, OverflowError):
        return None
    return max(0, min(seconds, MOST_WAITED_SECONDS))


def unexpected(exception: Exception) -> Reply:
    """Return what the caller may know of an exception that is no answer of ours."""
    error = as_domain_error(exception)
    if error is not None:
        return error_reply(error)
    code, message = describe(exception)
    return _reply(code, message, 500)


class ErrorMiddleware:
    """Turns what views raise into answers; nothing of Python or the database gets out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code not in {400, 404, 405} or not _wants_json(request, response):
            return response
        if response.status_code == 400:
            return error_response(
                InvalidInputError(
                    "Django refused the request; is its host missing in ALLOWED_HOSTS?"
                )
            )
        if response.status_code == 404:
            return error_response(NotFoundError(f"there is no {request.path}"))
        coded = error_response(MethodNotAllowedError(f"{request.method} is not allowed here"))
        if "Allow" in response.headers:
            coded["Allow"] = response["Allow"]
        return coded

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return None
        error = as_domain_error(exception)
        if error is not None:
            return error_response(error)
        if not _API_PATH.match(request.path):
            # Django's own page for people; its handler logs the traceback.
            return None
        return unexpected(exception).as_response()


def _wants_json(request: HttpRequest, response: HttpResponse) -> bool:
    is_json = response.headers.get("Content-Type", "").startswith("application/")
    return bool(_API_PATH.match(request.path)) and not is_json


def _reply(code: str, message: str, status: int) -> Reply:
    extensions = {"code": code, "id": request_id()}
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Reply(body, status, headers=headers)
