"""Pages behind the links of a mail: what somebody wants to get, and whose an address is.

A GET shows and changes nothing, for scanners of mail follow every link. A POST by a mail program
(RFC 8058) ends the mails of the category without a question; there is no cookie, and none is asked.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.notifications.selectors.links import Opened, opened_unsubscribe, opened_verify
from apps.notifications.selectors.wishes import unverified, wishes_of
from apps.notifications.services.subscribers import verify_email
from apps.notifications.services.wishing import choose, end_mails
from kernel.errors import NotFoundError, RateLimitedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as, in_tenant


# No cookie gives any right here: whoever posts has the token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody gets, and end it, or set it otherwise, by a POST."""
    return _answered(request, token, opened_unsubscribe, _wishes)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether an address is theirs, and note a yes."""
    return _answered(request, token, opened_verify, _verified)


def _answered(
    request: HttpRequest,
    token: str,
    opens: Callable[[str], Opened],
    answer: Callable[[HttpRequest, Opened], HttpResponse],
) -> HttpResponse:
    try:
        charge_stranger(request)
        # Whoever is signed in here may do no more by it.
        with acting_as(None):
            opened = opens(token)
            with in_tenant(opened.tenant_id):
                response = answer(request, opened)
    except NotFoundError:
        response = render(request, "notifications/gone.html", status=404)
    except RateLimitedError as error:
        response = render(request, "notifications/gone.html", {"busy": True}, status=429)
        response["Retry-After"] = str(error.retry_after_seconds)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _wishes(request: HttpRequest, opened: Opened) -> HttpResponse:
    posted = request.method == "POST"
    if posted and request.POST.get("from") == "page":
        shown = request.POST.getlist("shown")
        others = {name: request.POST.getlist(f"of:{name}") for name in shown}
        choose(opened.row_id, request.POST.getlist("channel"), others)
    elif posted:
        end_mails(opened.row_id)
    told = {
        "tenant": recent_tenants.by_id(opened.tenant_id),
        "saved": posted,
        "wishes": wishes_of(opened.row_id),
    }
    return render(request, "notifications/wishes.html", told)


def _verified(request: HttpRequest, opened: Opened) -> HttpResponse:
    open_still = unverified(opened.row_id, opened.more)
    if request.method == "POST":
        verify_email(str(opened.row_id), opened.more)
        open_still = False
    told = {
        "tenant": recent_tenants.by_id(opened.tenant_id),
        "address": opened.more,
        "done": not open_still,
    }
    return render(request, "notifications/verify.html", told)
