"""`/<service>/api/datasets/…`: the datasets of a service, for other services and any program."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from contracts.datasets import Dataset, Mode, Wanted
from kernel.datasets.registry import WORDS
from kernel.datasets.services import (
    MOST_BYTES,
    apply_batch,
    described,
    known_keys,
    reachable,
    read_batch,
    read_page,
    undo_batch,
)
from kernel.errors import (
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
)
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.idempotency.services import key_in_header
from kernel.ratelimits.views import for_programs, for_programs_at, for_programs_that_send
from kernel.tenancy.context import current_principal

#: Of a body: rows as somebody else may write them, with spaces between.
MOST_SENT_BYTES = 2 * MOST_BYTES
#: Rows of a page that cost one unit of a rate limit.
ROWS_A_UNIT = 10
#: What a batch costs that is read: datasets take some hundred rows in one.
UNITS_A_BATCH = 11
_HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


def dataset_urls(service: str) -> list[URLPattern]:
    """Return the paths of a service's datasets."""
    known = {"service": service}
    return [
        path("", listed, known),
        path("<str:name>", one, known),
        path("<str:name>/rows", rows, known),
        path("<str:name>/known", having, known),
        path("<str:name>/batches", batches, known),
        path("<str:name>/batches/<str:key>/rows", brought, known),
        path("<str:name>/batches/<str:key>/undo", undo, known),
    ]


def _body(request: HttpRequest) -> bytes:
    if request.method != "POST":
        return b""
    # A form could be sent across sites by a browser without asking; JSON cannot.
    if request.content_type != "application/json":
        found = (request.content_type or "no type")[:80]
        raise UnsupportedMediaTypeError(f"send application/json, found {found!r}")
    body = request.read(MOST_SENT_BYTES + 1)
    if len(body) > MOST_SENT_BYTES:
        raise PayloadTooLargeError(f"a batch has at most {MOST_BYTES} bytes of rows")
    return body


@for_programs
def listed(request: HttpRequest, *, service: str) -> HttpResponse:
    """Tell which datasets there are for the caller, and what these may do with each."""
    _enter(request, "GET", service)
    return _answer({"datasets": [_told(dataset) for dataset in reachable(service)]})


@for_programs
def one(request: HttpRequest, name: str, *, service: str) -> HttpResponse:
    """Tell what one dataset says of itself."""
    _enter(request, "GET", service, name)
    return _answer(_told(described(name)))


@for_programs_at(lambda request: 1 + _number(request.GET.get("limit", "500")) // ROWS_A_UNIT)
def rows(request: HttpRequest, name: str, *, service: str) -> HttpResponse:
    """Answer with a page of rows: after a place, of some columns, by filters, of a time."""
    _enter(request, "GET", service, name)
    asked = request.GET.dict()
    wanted = Wanted(
        after=asked.get("after", ""),
        limit=_number(asked.get("limit", "500")),
        columns=tuple(filter(None, asked.get("columns", "").split(","))),
        filters={one: value for one, value in asked.items() if one not in WORDS},
        since=asked.get("since", ""),
        until=asked.get("until", ""),
    )
    return _answer(asdict(read_page(name, wanted)))


@for_programs_that_send(_body)
def having(request: HttpRequest, body: bytes, name: str, *, service: str) -> HttpResponse:
    """Answer with those of some keys that rows have."""
    _enter(request, "POST", service, name)
    sent = _object(body)
    if sent.keys() != {"values"} or not isinstance(sent["values"], list):
        raise InvalidInputError("the body has a list of values")
    return _answer({"known": known_keys(name, sent["values"])})


@for_programs_that_send(_body)
def batches(request: HttpRequest, body: bytes, name: str, *, service: str) -> HttpResponse:
    """Apply a batch of rows once, by the key in `Idempotency-Key`."""
    _enter(request, "POST", service, name)
    sent = _object(body)
    if unknown := sorted(sent.keys() - {"mode", "rows", "dry"}):
        raise InvalidInputError(f"a batch has mode, rows and dry, found {unknown[0][:60]!r}")
    if not isinstance(sent.get("rows"), list) or not isinstance(sent.get("dry", False), bool):
        raise InvalidInputError("rows are a list, and dry is true or false")
    results = apply_batch(
        name,
        batch=key_in_header(request.headers.get("Idempotency-Key", "")),
        mode=_mode(sent.get("mode")),
        rows=sent["rows"],
        dry=sent.get("dry", False),
    )
    return _answer({"results": [asdict(result) for result in results]})


@for_programs_at(lambda _request: UNITS_A_BATCH)
def brought(request: HttpRequest, name: str, key: str, *, service: str) -> HttpResponse:
    """Answer with the rows of a batch that nobody has changed since."""
    _enter(request, "GET", service, name)
    return _answer(asdict(read_batch(name, batch=key)))


@for_programs_that_send(_body)
def undo(request: HttpRequest, _body: bytes, name: str, key: str, *, service: str) -> HttpResponse:
    """Let the rows of a batch read as before it, but those that were changed since."""
    _enter(request, "POST", service, name)
    return _answer(asdict(undo_batch(name, batch=key)))


def _told(dataset: Dataset) -> dict[str, Any]:
    principal = current_principal()
    can_write = bool(dataset.write_scope) and principal.may(dataset.write_scope)
    return dataset.told() | {
        "readable": principal.may(dataset.read_scope),
        "writable": can_write,
    }


def _enter(request: HttpRequest, method: str, service: str, name: str = "") -> None:
    """Raise MethodNotAllowedError, UnauthenticatedError, or NotFoundError for another service's."""
    if request.method != method:
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    current_principal()
    if name and name.partition(".")[0] != service:
        raise NotFoundError(f"{service} has no dataset {name[:100]}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise InvalidInputError(f"limit is a number of rows, found {text[:40]!r}")
    return int(text)


def _mode(told: Any) -> Mode:
    try:
        return Mode(told)
    except ValueError:
        raise InvalidInputError(
            f"mode is one of {', '.join(Mode)}, found {str(told)[:40]!r}"
        ) from None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInputError("the body is a JSON object")
    return found


def _answer(told: Mapping[str, Any]) -> HttpResponse:
    body = json.dumps(told, separators=(",", ":"))
    return HttpResponse(body, content_type="application/json", headers=_HEADERS)
