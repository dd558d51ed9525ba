"""GraphQL over HTTP: one endpoint, one request, one answer.

The specification is https://graphql.github.io/graphql-over-http/draft/ with one exception: a GET
has to name a media type of ours in `Accept`, which no link, image or form makes a browser do.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError, MethodNotAllowedError, Refused
from kernel.federation.execution import Answer, Endpoint
from kernel.federation.library import Library
from kernel.federation.media import GRAPHQL_JSON, JSON, response_type
from kernel.federation.requests import GraphQLRequest, read_body, read_request
from kernel.federation.stopwatch import Stopwatch
from kernel.federation.tracing import Trace, wants_trace
from kernel.http import Asked, Reply, error_reply
from kernel.identity.authentication import SERVICE_SCHEME
from kernel.identity.refusals import record_refusal
from kernel.ratelimits.visit import Visit
from kernel.serving.asgi import CLIENT_GONE
from kernel.tenancy.context import acting_as

METHODS = ("GET", "POST")
VARY = "Accept, Authorization, Cookie"
#: How Apollo's clients say who they are; it picks the manifest of trusted documents.
CLIENT_NAME = "apollographql-client-name"

#: Told of an answer to what was done before, under the same idempotency key.
REPLAYED = "Idempotent-Replayed"


class GraphQLOverHTTP:
    """A schema at a path; it is built when the first request needs it."""

    def __init__(self, endpoint: Callable[[], Endpoint], library: Callable[[], Library]) -> None:
        self._endpoint = endpoint
        self._library = library

    def reply(self, request: Asked) -> Reply:
        """Answer a request; every failure that is the caller's comes back as a coded error."""
        if request.method not in METHODS:
            reply = error_reply(MethodNotAllowedError(f"{request.method} is not allowed here"))
            reply.headers["Allow"] = ", ".join(METHODS)
            return reply
        media_type = response_type(
            request.headers.get("Accept", ""), wildcards=request.method != "GET"
        )
        stopwatch = Stopwatch()
        visit = Visit(request)
        try:
            reply = _reply(self._answer(request, visit, stopwatch), media_type, stopwatch)
        except DomainError as error:
            if isinstance(error, Refused):
                record_refusal(request, [error])
            reply = _refusal(error, media_type)
        reply.headers |= visit.ended()
        return reply

    def _answer(self, request: Asked, visit: Visit, stopwatch: Stopwatch) -> Answer:
        library = self._library()
        by_service = request.headers.get("Authorization", "").startswith(SERVICE_SCHEME)
        # A service signs what it sends; of everybody else nothing is read before we know who it is.
        signed = read_body(request) if by_service else b""
        principal = visit.admit(signed)
        wanted = read_request(request, signed if by_service else read_body(request))
        trace = Trace() if principal is not None and wants_trace(request) else None
        with acting_as(principal):
            wanted = library.complete(
                wanted,
                client=request.headers.get(CLIENT_NAME, ""),
                by_service=by_service,
            )
            stopwatch.lap("read")
            answer = self._endpoint().answer(
                wanted,
                stopwatch=stopwatch,
                gone=request.META.get(CLIENT_GONE),
                trace=trace,
                charge=visit.charge,
            )
        if answer.executed:
            library.learn(wanted)
        if answer.refused:
            record_refusal(
                request,
                answer.refused,
                principal=principal,
                operation=_named(wanted, answer),
            )
        return answer


def graphql_view(graphql: GraphQLOverHTTP) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view for Django.

    A signed-in session must show its CSRF token; `authenticate` sees to that, since a key needs
    none.
    """

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        return graphql.reply(request).as_response()

    return view


def _named(wanted: GraphQLRequest, answer: Answer) -> str:
    """Return what was asked for, as far as it has names."""
    names = [wanted.operation_name, *answer.body["errors"][0].get("path", ())[:1]]
    return " ".join(filter(None, names))


def _reply(answer: Answer, media_type: str, stopwatch: Stopwatch) -> Reply:
    # Section "Status Codes": the older media type answers 200 to all that is GraphQL, but a GET
    # that would change something is none.
    status = answer.status
    if media_type == JSON and status != MethodNotAllowedError.status:
        status = 200
    headers = {
        "Cache-Control": "no-store",
        "Server-Timing": stopwatch.server_timing(),
        "Vary": VARY,
    }
    if answer.replayed:
        headers[REPLAYED] = "true"
    if status == MethodNotAllowedError.status:
        headers["Allow"] = "POST"
    return Reply(answer.encoded(), status, f"{media_type}; charset=utf-8", headers)


def _refusal(error: DomainError, media_type: str) -> Reply:
    reply = error_reply(error)
    reply.headers["Vary"] = VARY
    if media_type == GRAPHQL_JSON:
        reply.content_type = f"{GRAPHQL_JSON}; charset=utf-8"
    return reply
