"""Django's views for programs: let in by their credential, limited, answered in JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError, Refused
from kernel.http import error_response
from kernel.identity.refusals import record_refusal
from kernel.ratelimits.visit import Visit
from kernel.tenancy.context import acting_as

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_programs(view: View[P]) -> View[P]:
    """Run a view as whoever sends the request, at one unit of their rate limit.

    A DomainError that it raises is answered with its code, and a refusal is recorded. A signed-in
    browser has to show its CSRF token; a key needs none.
    """

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visit = Visit(request)
        principal = None
        try:
            principal = visit.admit()
            with acting_as(principal):
                visit.charge(1)
                response = view(request, *args, **kwargs)
        except DomainError as error:
            if isinstance(error, Refused):
                record_refusal(request, [error], principal=principal)
            response = error_response(error)
        for name, value in visit.ended().items():
            response[name] = value
        return response

    return answer
