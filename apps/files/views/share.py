"""The page of a share link: a file for people without an account.

A GET shows it and counts nothing, for mail programs and messengers fetch what they are sent. Its
button posts: then the download is counted, and goes on at an address that is signed for minutes,
where HEAD, ranges and another try are of the same download.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.files import conf
from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.errors import NotServedError
from apps.files.selectors.addresses import signed_url
from apps.files.selectors.contents import clean_content
from apps.files.selectors.links import link_of
from apps.files.services.links import count_download, opens
from kernel.client_address import client_address, network_of
from kernel.errors import NotFoundError, RateLimitedError
from kernel.headers import PAGE_POLICY, POLICY
from kernel.identity.recent_tenants import recent_tenants
from kernel.ratelimits.limiter import limiter
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as, in_tenant

#: How long a download that was counted can be begun anew.
AGAIN_SECONDS = 300


# No cookie gives any right here: whoever posts has the token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link gives, or begin to give it."""
    try:
        charge_stranger(request)
        # Whoever is signed in here may do no more by it.
        with acting_as(None):
            link = link_of(token)
            with in_tenant(link.tenant_id):
                return _answer(request, link)
    except NotFoundError:
        return render(request, "files/share_gone.html", status=404)
    except RateLimitedError as error:
        answer = render(request, "files/share_busy.html", status=429)
        answer["Retry-After"] = str(error.retry_after_seconds)
        return answer


def _answer(request: HttpRequest, link: Any) -> HttpResponse:
    if request.method == "POST" and not _opened(request, link):
        return _shown(request, link, 403, problem="This is not the password.")
    try:
        clean_content(str(link.file_id))
        if request.method != "POST":
            return _shown(request, link, 200)
    except NotServedError:
        return _shown(request, link, 409 if request.method == "POST" else 200, waits=True)
    count_download(link)
    url = signed_url(link.file, purpose=SignedUrlPurpose.DOWNLOAD, seconds=AGAIN_SECONDS)
    # Of one that was judged anew in this moment the page says so.
    return _closed(HttpResponse(status=303, headers={"Location": url or request.path}))


def _opened(request: HttpRequest, link: Any) -> bool:
    """Say whether the password is right; raises RateLimitedError when too many were tried."""
    if link.protected:
        # Before it is judged, right or wrong: guesses at the same time are counted too.
        for whose in (f"link:{link.pk}", f"links:{network_of(client_address(request))}"):
            limiter().of_attempts(whose).charge(1)
    # A form with files would be stored before anybody asks what is in it.
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return opens(link, request.POST.get("password", "") if is_form else "")


def _shown(request: HttpRequest, link: Any, status: int, **told: Any) -> HttpResponse:
    tenant = recent_tenants.by_id(link.tenant_id)
    found = {"link": link, "tenant": tenant, **told}
    return _closed(render(request, "files/share.html", found, status=status))


def _closed(response: HttpResponse) -> HttpResponse:
    """Let nobody keep it or learn of its path, and the form lead to where the bytes are."""
    # Browsers hold each step to it that follows a form.
    to = "*" if conf.delivery() == "redirect" else conf.content_origin()
    response[POLICY] = PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {to}".strip())
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
