"""`/<service>/api/chores/…`: what a service offers to do, for other services and any program."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from contracts.chores import MOST_PARAMETER_BYTES
from kernel.chores.services import described, do, look, offered, stop
from kernel.errors import (
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
)
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.idempotency.services import key_in_header
from kernel.ratelimits.views import for_programs, for_programs_that_send
from kernel.tenancy.context import current_principal

_HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


def chore_urls(service: str) -> list[URLPattern]:
    """Return the paths of a service's chores."""
    known = {"service": service}
    return [
        path("", listed, known),
        path("<str:name>", one, known),
        path("<str:name>/work", work, known),
        path("<str:name>/stop", stopped, known),
    ]


def _body(request: HttpRequest) -> bytes:
    if request.method != "POST":
        return b""
    # A form could be sent across sites by a browser without asking; JSON cannot.
    if request.content_type != "application/json":
        found = (request.content_type or "no type")[:80]
        raise UnsupportedMediaTypeError(f"send application/json, found {found!r}")
    body = request.read(MOST_PARAMETER_BYTES + 1)
    if len(body) > MOST_PARAMETER_BYTES:
        raise PayloadTooLargeError(f"parameters have at most {MOST_PARAMETER_BYTES} bytes")
    return body


@for_programs
def listed(request: HttpRequest, *, service: str) -> HttpResponse:
    """Tell which chores there are for the caller."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    current_principal()
    return _answer({"chores": [chore.told() for chore in offered(service)]})


@for_programs_that_send(_body)
def one(request: HttpRequest, body: bytes, name: str, *, service: str) -> HttpResponse:
    """Tell what a chore says of itself; or do it, once by the key in `Idempotency-Key`."""
    if request.method not in ("GET", "POST"):
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    _check_whose(name, service)
    if request.method == "GET":
        return _answer(described(name).told())
    key = key_in_header(request.headers.get("Idempotency-Key", ""))
    begun = do(name, _member(body, "parameters"), key=key)
    return _answer({"result": begun.result, "goes_on": begun.goes_on})


@for_programs_that_send(_body)
def work(request: HttpRequest, body: bytes, name: str, *, service: str) -> HttpResponse:
    """Tell how the work stands that a chore began, by what it told: nothing is changed."""
    if request.method != "POST":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    _check_whose(name, service)
    return _answer({"work": look(name, _member(body, "result")).told()})


@for_programs_that_send(_body)
def stopped(request: HttpRequest, body: bytes, name: str, *, service: str) -> HttpResponse:
    """Take back the work that a chore began, by what it told; twice is as good as once."""
    if request.method != "POST":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    _check_whose(name, service)
    stop(name, _member(body, "result"))
    return _answer({"stopped": True})


def _check_whose(name: str, service: str) -> None:
    current_principal()
    if name.partition(".")[0] != service:
        raise NotFoundError(f"{service} has no chore {name[:100]}")


def _member(body: bytes, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInputError(f"the body is a JSON object with {name}, an object")
    return found


def _answer(told: Mapping[str, Any]) -> HttpResponse:
    body = json.dumps(told, separators=(",", ":"), default=str)
    return HttpResponse(body, content_type="application/json", headers=_HEADERS)
