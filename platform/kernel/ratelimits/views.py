"""Django's views for programs: let in by their credential, limited, answered in JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError, Refused
from kernel.http import error_response
from kernel.identity.refusals import record_refusal
from kernel.ratelimits.visit import Strangers, Visit
from kernel.tenancy.context import acting_as

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
            principal = None
            try:
                principal = visit.admit()
                with acting_as(principal):
                    visit.charge(cost(request))
                    response = view(request, *args, **kwargs)
            except DomainError as error:
                if isinstance(error, Refused):
                    record_refusal(request, [error], principal=principal)
                response = error_response(error)
            for name, value in visit.ended().items():
                response[name] = value
            return response

        return answer

    return decorate
