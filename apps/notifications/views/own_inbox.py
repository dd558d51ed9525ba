"""The page of one's own inbox, for whoever is signed in: by a key that no program gives anybody."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.notifications.selectors.links import inbox_token
from apps.notifications.selectors.own_inbox import key_of, subscriber_of
from apps.notifications.services.subscribers import open_own_inbox
from kernel.identity.authentication import authenticate
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import Principal, acting_as


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the inbox of an account in the tenant that it works in; a POST opens one."""
    principal = _member(request)
    with acting_as(principal):
        if request.method == "POST":
            open_own_inbox(principal)
            return redirect("notifications-inbox")
        subscriber = subscriber_of(principal)
        context = {
            "tenant": recent_tenants.by_id(principal.tenant_id),
            "key": key_of(principal),
            "token": inbox_token(subscriber) if subscriber else "",
        }
    response = render(request, "notifications/inbox.html", context)
    # Whoever has the token in it reads the inbox.
    response["Cache-Control"] = "private, no-store"
    return response


def _member(request: HttpRequest) -> Principal:
    try:
        principal = authenticate(request)
    except SessionRefusedError:
        principal = None
    if principal is None:
        raise PermissionDenied("this needs to be a member of a tenant")
    return principal
