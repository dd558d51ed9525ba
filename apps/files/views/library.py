"""The page of a tenant's files for people: it works by the public API, with their session."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.files import conf
from apps.files.adapters.stores import file_store
from apps.files.selectors.library import room_taken
from kernel.headers import PAGE_POLICY, POLICY
from kernel.identity.authentication import authenticate
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import Principal, acting_as

#: What the page offers to whoever may.
_ABILITIES = ("write", "share", "retain", "release")


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the files of the tenant that the session works in."""
    principal = member(request)
    if principal is None or not principal.may("files:read"):
        raise PermissionDenied("this needs files:read in a tenant")
    with acting_as(principal):
        tenant = recent_tenants.by_id(principal.tenant_id)
        context = {"tenant": tenant, "may_write": principal.may("files:write")}
        response = render(request, "files/library.html", context | {"told": told(principal)})
    response[POLICY] = media_policy()
    response["Cache-Control"] = "private, no-cache"
    return response


def member(request: HttpRequest) -> Principal | None:
    """Return who is signed in, as a member of the tenant they work in; None without one."""
    try:
        return authenticate(request)
    except SessionRefusedError:
        return None


def told(principal: Principal) -> str:
    """Return as JSON what the scripts of a page have to know, for the principal who acts."""
    told: dict[str, Any] = {
        "tenant": str(principal.tenant_id),
        "may": {one: principal.may(f"files:{one}") for one in _ABILITIES},
        "mostBytes": conf.most_bytes(),
        "room": conf.quota_bytes(),
        "taken": room_taken(),
    }
    return json.dumps(told)


def media_policy() -> str:
    """Return the policy of a page that shows contents, wherever they are given out."""
    elsewhere = {conf.content_origin(), _origin_of_store()} - {""}
    origins = " ".join(["'self'", *sorted(elsewhere)])
    policy = PAGE_POLICY.replace("img-src 'self'", f"img-src {origins}")
    policy = policy.replace("connect-src 'self'", f"connect-src {origins}")
    return f"{policy}; media-src {origins}; frame-src {origins}"


def _origin_of_store() -> str:
    """Return where browsers are sent for bytes; empty when we give them ourselves."""
    if conf.delivery() != "redirect":
        return ""
    clients = file_store().for_clients(address=conf.s3_address())
    if clients is None:
        return ""
    url = clients.fetch_url(
        "-", time=timedelta(minutes=1), content_type="text/plain", disposition="inline"
    )
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc}"
