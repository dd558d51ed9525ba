"""GraphQL over HTTP: one endpoint, one request, one answer.

The specification is https://graphql.github.io/graphql-over-http/draft/ with one exception: a GET
has to name a media type of ours in `Accept`, which no link, image or form makes a browser do.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError, MethodNotAllowedError
from kernel.federation.execution import Answer, Endpoint
from kernel.federation.library import Library
from kernel.federation.media import GRAPHQL_JSON, JSON, response_type
from kernel.federation.requests import read_request
from kernel.federation.stopwatch import Stopwatch
from kernel.federation.tracing import Trace, wants_trace
from kernel.http import error_response
from kernel.identity.authentication import SERVICE_SCHEME, authenticate
from kernel.serving.asgi import CLIENT_GONE
from kernel.tenancy.context import acting_as

METHODS = ["GET", "POST"]
VARY = "Accept, Authorization, Cookie"
#: How Apollo's clients say who they are; it picks the manifest of trusted documents.
CLIENT_NAME = "apollographql-client-name"

View = Callable[[HttpRequest], HttpResponse]


def graphql_view(endpoint: Callable[[], Endpoint], library: Callable[[], Library]) -> View:
    """Return the view of a schema, which is built when the first request needs it.

    A signed-in session must show its CSRF token; `authenticate` sees to that, since a key needs
    none.
    """

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        media_type = response_type(
            request.headers.get("Accept", ""), wildcards=request.method != "GET"
        )
        stopwatch = Stopwatch()
        try:
            answer = _answer(request, endpoint(), library(), stopwatch)
        except DomainError as error:
            return _refusal(error, media_type)
        return _response(answer, media_type, stopwatch)

    return view


def _answer(
    request: HttpRequest, endpoint: Endpoint, library: Library, stopwatch: Stopwatch
) -> Answer:
    wanted = read_request(request)
    principal = authenticate(request)
    trace = Trace() if principal is not None and wants_trace(request) else None
    with acting_as(principal):
        wanted = library.complete(
            wanted,
            client=request.headers.get(CLIENT_NAME, ""),
            by_service=request.headers.get("Authorization", "").startswith(SERVICE_SCHEME),
        )
        stopwatch.lap("read")
        answer = endpoint.answer(
            wanted, stopwatch=stopwatch, gone=request.META.get(CLIENT_GONE), trace=trace
        )
    if answer.executed:
        library.learn(wanted)
    return answer


def _response(answer: Answer, media_type: str, stopwatch: Stopwatch) -> HttpResponse:
    # Section "Status Codes": the older media type answers 200 to all that is GraphQL, but a GET
    # that would change something is none.
    status = answer.status
    if media_type == JSON and status != MethodNotAllowedError.status:
        status = 200
    response = HttpResponse(
        answer.encoded(),
        content_type=f"{media_type}; charset=utf-8",
        status=status,
        headers={
            "Cache-Control": "no-store",
            "Server-Timing": stopwatch.server_timing(),
            "Vary": VARY,
        },
    )
    if status == MethodNotAllowedError.status:
        response["Allow"] = "POST"
    return response


def _refusal(error: DomainError, media_type: str) -> HttpResponse:
    response = error_response(error)
    response["Vary"] = VARY
    if media_type == GRAPHQL_JSON:
        response["Content-Type"] = f"{GRAPHQL_JSON}; charset=utf-8"
    return response
