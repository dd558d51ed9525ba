"""Where links of tracked mails lead first, and the picture that an open one asks for.

Programs that look at mails before people do ask for them too: a track is a hint, and no proof.
"""

import base64
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.notifications.selectors.links import Opened, opened_click, opened_open
from apps.notifications.services.tracks import Track, record
from kernel.errors import NotFoundError, RateLimitedError
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as, in_tenant

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to where a link of a mail leads; only what was in that mail is signed."""
    try:
        opened = opened_click(token)
    except NotFoundError:
        return render(request, "notifications/gone.html", status=404)
    _record(request, opened, "clicked")
    return _private(HttpResponseRedirect(opened.more))


@require_safe
def opening(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with a picture that nobody sees, whatever the token says."""
    with suppress(NotFoundError):
        _record(request, opened_open(token), "opened")
    return _private(HttpResponse(_PIXEL, content_type="image/gif"))


def _record(request: HttpRequest, opened: Opened, what: Track) -> None:
    """Write it down; who comes too often, or asks with HEAD, is led all the same."""
    if request.method != "GET":
        return
    try:
        charge_stranger(request)
    except RateLimitedError:
        return
    with acting_as(None), in_tenant(opened.tenant_id):
        record(opened, what)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
