"""GraphQL over HTTP: one endpoint, one request, one answer."""

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from kernel.federation.execution import Answer, Endpoint
from kernel.federation.requests import read_request
from kernel.identity.authentication import authenticate
from kernel.tenancy.context import acting_as

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

View = Callable[[HttpRequest], HttpResponse]


def graphql_view(endpoint: Callable[[], Endpoint]) -> View:
    """Return the view of a schema, which is built when the first request needs it.

    A signed-in session must show its CSRF token; `authenticate` sees to that, since a key needs
    none.
    """

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        wanted = read_request(request)
        with acting_as(authenticate(request)):
            answer = endpoint().answer(wanted)
        return _response(request, answer)

    return view


def _response(request: HttpRequest, answer: Answer) -> HttpResponse:
    # GraphQL over HTTP, "Status Codes": the older media type answers 200 to what it could parse.
    modern = GRAPHQL_JSON in request.headers.get("Accept", "")
    return HttpResponse(
        orjson.dumps(answer.body, default=str),
        content_type=f"{GRAPHQL_JSON if modern else JSON}; charset=utf-8",
        status=400 if modern and not answer.executed else 200,
        headers={"Cache-Control": "no-store", "Vary": "Accept, Authorization, Cookie"},
    )
