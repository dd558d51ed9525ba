"""Django's views for programs: let in by their credential, limited, answered in JSON."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError, Refused
from kernel.http import error_response
from kernel.identity.authentication import SERVICE_SCHEME
from kernel.identity.refusals import record_refusal
from kernel.ratelimits.visit import Strangers, Visit
from kernel.tenancy.context import acting_as, current_principal

#: Bytes of what is sent that cost one unit.
BYTES_A_UNIT = 1_000

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_programs(view: View[P]) -> View[P]:
    """Run a view as whoever sends the request, at one unit of their rate limit.

    A DomainError that it raises is answered with its code, and a refusal is recorded. A signed-in
    browser has to show its CSRF token; a key needs none.
    """
    return for_programs_at(lambda _request: 1)(view)


def for_programs_at(cost: Callable[[HttpRequest], int]) -> Callable[[View[P]], View[P]]:
    """Do the same at what a request is said to cost, before any of it is done."""
    return _visited(Visit, cost)


def for_programs_that_send(
    read: Callable[[HttpRequest], bytes],
) -> Callable[[Callable[Concatenate[HttpRequest, bytes, P], HttpResponse]], View[P]]:
    """Run a view as whoever sends the request, with what `read` returns of its body.

    It costs a unit of their rate limit, and one for each thousand bytes. Other services sign what
    they send; of everybody else nothing is read before it is known who they are.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, bytes, P], HttpResponse]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            visit = Visit(request)

            @cache
            def body() -> bytes:
                return read(request)

            def work() -> HttpResponse:
                current_principal()
                visit.charge(1 + len(body()) // BYTES_A_UNIT)
                return view(request, body(), *args, **kwargs)

            by_service = request.headers.get("Authorization", "").startswith(SERVICE_SCHEME)
            return _answered(request, visit, work, signed=body if by_service else bytes)

        return answer

    return decorate


def for_anybody(view: View[P]) -> View[P]:
    """Run a view as nobody, at one unit of the limit of their address.

    Its address is its own permission: who is signed in besides, or shows a key, is not looked at.
    """
    return _visited(Strangers, lambda _request: 1)(view)


def _visited(
    visiting: type[Visit], cost: Callable[[HttpRequest], int]
) -> Callable[[View[P]], View[P]]:
    def decorate(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            visit = visiting(request)

            def work() -> HttpResponse:
                visit.charge(cost(request))
                return view(request, *args, **kwargs)

            return _answered(request, visit, work)

        return answer

    return decorate


def _answered(
    request: HttpRequest,
    visit: Visit,
    work: Callable[[], HttpResponse],
    *,
    signed: Callable[[], bytes] = bytes,
) -> HttpResponse:
    """Let somebody in and answer, errors by their codes, with what is left of the rate limit."""
    principal = None
    try:
        principal = visit.admit(signed())
        with acting_as(principal):
            response = work()
    except DomainError as error:
        if isinstance(error, Refused):
            record_refusal(request, [error], principal=principal)
        response = error_response(error)
    for name, value in visit.ended().items():
        response[name] = value
    return response
