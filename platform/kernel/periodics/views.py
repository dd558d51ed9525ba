"""`/<service>/api/periodics/`: what a service does by itself, for other services and programs."""

import json

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from kernel.errors import MethodNotAllowedError
from kernel.periodics.services import told_by
from kernel.ratelimits.views import for_programs

_HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


def periodic_urls(service: str) -> list[URLPattern]:
    """Return the paths of what a service does by itself."""
    return [path("", listed, {"service": service})]


@for_programs
def listed(request: HttpRequest, *, service: str) -> HttpResponse:
    """Tell what it does, how often, and how that went last."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    body = json.dumps({"periodics": [one.told() for one in told_by(service)]}, default=str)
    return HttpResponse(body, content_type="application/json", headers=_HEADERS)
