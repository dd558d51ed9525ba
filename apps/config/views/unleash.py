"""Unleash's Frontend API and the API of its server SDKs, under `/config/api/unleash/`.

Every client of Unleash takes a URL with a path: `…/config/api/unleash/frontend` for those in
browsers, `…/config/api/unleash` for those on servers.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.config.domain import ofrep, unleash
from apps.config.domain.exporting.unleash import export_unleash
from apps.config.domain.importing.reports import Import, Outcome
from apps.config.services.counting import report
from apps.config.services.telling import tag_of
from apps.config.views.credentials import EvaluationVisit, answered
from apps.config.views.ofrep import ANYWHERE, evaluated, keys_of, preflight, read
from kernel.errors import InvalidInputError

#: The format of `/client/features` that the SDKs of today read.
VERSION = 2
#: Says how many flags are not there, and the keys of the first, percent-encoded.
LEFT_OUT = "X-Septet-Left-Out"
#: In characters; proxies take no longer headers for granted.
MOST_TOLD = 2_000
_PROPERTY = re.compile(r"properties\[([^\]]{1,200})\]")

Answer = Callable[[HttpRequest, EvaluationVisit], HttpResponse]


def _endpoint(*methods: str) -> Callable[[Answer], Callable[[HttpRequest], HttpResponse]]:
    """Answer errors by their codes, and let pages of any site in that have a client key."""

    def decorate(answer: Answer) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        def view(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                return preflight()
            visit = EvaluationVisit(request)
            response = answered(request, visit, methods, lambda: answer(request, visit))
            if visit.public:
                for name, value in ANYWHERE.items():
                    response[name] = value
            return response

        return view

    return decorate


@_endpoint("GET", "POST")
def frontend(request: HttpRequest, visit: EvaluationVisit) -> HttpResponse:
    """Answer with the toggles that are enabled for a context, in the query or in the body."""
    reach = visit.reach()
    context = unleash.read_context(_context(request))
    snapshot = reach.snapshot()
    base = tag_of(snapshot.environment_id, snapshot.revision)
    tag = ofrep.etag(snapshot.flags, context, f"unleash {base} {reach.public}")
    if tag and ofrep.is_current(request.headers.get("If-None-Match", ""), tag):
        return HttpResponse(status=304, headers={"ETag": tag})
    body = ofrep.encode(unleash.toggles(evaluated(snapshot, reach, context)))
    headers = {"ETag": tag or ofrep.etag_of(body), "Cache-Control": "no-store"}
    return HttpResponse(body, "application/json", headers=headers)


@_endpoint("GET")
def features(request: HttpRequest, visit: EvaluationVisit) -> HttpResponse:
    """Answer with the rules of the flags that Unleash's server SDKs evaluate as we do.

    What they have not, or would split otherwise, is not there, and an SDK takes it for disabled:
    `X-Septet-Left-Out` tells which.
    """
    snapshot = visit.reach(secret=True).snapshot()
    tag = f'"{tag_of(snapshot.environment_id, snapshot.revision)}"'
    if ofrep.is_current(request.headers.get("If-None-Match", ""), tag):
        return HttpResponse(status=304, headers={"ETag": tag})
    exported = export_unleash(snapshot.definition.told())
    state = {"version": VERSION, **exported.definition}
    headers = {"ETag": tag, "Cache-Control": "no-store", LEFT_OUT: _left_out(exported)}
    return HttpResponse(ofrep.encode(state), "application/json", headers=headers)


@_endpoint("POST")
def metrics(request: HttpRequest, visit: EvaluationVisit) -> HttpResponse:
    """Count what clients have found themselves, of the flags that they may know of."""
    reach = visit.reach()
    try:
        found = unleash.read_metrics(orjson.loads(read(request)))
    except ValueError as error:
        raise InvalidInputError(f"no report: {error}") from None
    snapshot = reach.snapshot()
    report(snapshot, found, keys_of(snapshot, reach))
    return HttpResponse(status=202)


@_endpoint("POST")
def accepted(request: HttpRequest, visit: EvaluationVisit) -> HttpResponse:
    """Take what clients tell of themselves, and keep none of it."""
    visit.reach()
    return HttpResponse(status=202)


def _left_out(exported: Import) -> str:
    """Return how many flags are not there and, as far as a header holds them, which."""
    keys = [quote(one.key) for one in exported.report if one.outcome is Outcome.LEFT_OUT]
    told = str(len(keys))
    for key in keys:
        if len(told) + len(key) >= MOST_TOLD:
            break
        told += f" {key}"
    return told


def _context(request: HttpRequest) -> dict[str, Any]:
    if request.method == "GET":
        found: dict[str, Any] = {"properties": {}}
        for name, value in request.GET.items():
            inner = _PROPERTY.fullmatch(name)
            if inner:
                found["properties"][inner[1]] = value
            else:
                found[name] = value
        return found
    try:
        body = orjson.loads(read(request) or b"{}")
        context = body.get("context") or {}
    except (orjson.JSONDecodeError, AttributeError):
        raise InvalidInputError("the body is a JSON object with a context") from None
    if not isinstance(context, dict):
        raise InvalidInputError("the context is an object")
    return context
