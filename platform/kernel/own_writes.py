"""At the edge: whoever has written sees that in what they read next, from a replica or not."""

import re
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel import paths
from kernel.database import positions
from kernel.database.routing import reading
from kernel.http import Asked, Reply

_API_PATH = re.compile(f"/{paths.FOR_PROGRAMS}")
_SAFE = frozenset({"GET", "HEAD"})
#: Of a token that is another each time.
_ONCE = "Service "


def seeing_own_writes(request: Asked, answer: Callable[[Asked], Reply]) -> Reply:
    """Answer a program, and tell it what place in the log it has to send along."""
    with positions.visiting(_sent(request.headers), _credential(request.headers)) as visit:
        reply = answer(request)
    if visit.learned:
        reply.headers[positions.HEADER] = positions.shown(visit.places)
    return reply


class OwnWritesMiddleware:
    """The same for all that Django answers; GETs of programs are sent to replicas."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not positions.has_replicas():
            return self._get_response(request)
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        sent = _sent(request.headers) or request.COOKIES.get(positions.COOKIE, "")
        with positions.visiting(sent, _credential(request.headers) or session) as visit:
            response = self._answer(request)
        if visit.learned:
            places = positions.shown(visit.places)
            response[positions.HEADER] = places
            # Who has just signed in sends the session from now on.
            if session or settings.SESSION_COOKIE_NAME in response.cookies:
                response.set_cookie(
                    positions.COOKIE,
                    places,
                    max_age=positions.KEPT_SECONDS,
                    secure=bool(settings.SESSION_COOKIE_SECURE),
                    httponly=True,
                    samesite="Lax",
                )
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        only_reads = request.method in _SAFE and bool(_API_PATH.match(request.path))
        with reading(only=only_reads) as route:
            response = self._get_response(request)
        if route.failed and response.status_code >= 500:
            # What a replica could not answer, the primary answers.
            response = self._get_response(request)
        return response


def _sent(headers: Mapping[str, str]) -> str:
    return headers.get(positions.HEADER, "")


def _credential(headers: Mapping[str, str]) -> str:
    credential = headers.get("Authorization", "") or headers.get("X-Api-Key", "")
    return "" if credential.startswith(_ONCE) else credential
