"""What pages of people have in common: who may see them, and that no link gives them away."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string

from kernel.identity.authentication import principal_of
from kernel.identity.models import Membership
from kernel.identity.scopes import covers
from kernel.tenancy.context import acting_as
from project.accounts.tenants import membership_of, memberships_of

View = Callable[..., HttpResponseBase]


def later(view: str) -> View:
    """Return a view that is imported when it is first asked for.

    Passkeys alone take 0.15 s and 10 MB, which a process that signs nobody in need not have.
    """

    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = import_string(view)(request, *args, **kwargs)
        return response

    return asked


def by_token(view: View) -> View:
    """Wrap a view whose address is a secret: the page tells it to no other site.

    `no-referrer` would say it to nobody at all, but then a browser sends its form as from nowhere,
    and the form is refused as a stranger's.
    """

    @wraps(view)
    def silent(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "same-origin"
        return response

    return silent


def forgetting(view: View) -> View:
    """Wrap a view by which one leaves: the browser forgets what pages have kept in it."""

    @wraps(view)
    def cleared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST":
            response["Clear-Site-Data"] = '"storage"'
        return response

    return cleared


def asked_for_here(view: View) -> View:
    """Wrap a view that a link leads to, so that no page of another site leads there.

    Without it another site could have somebody signed in who never asked for it.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            return redirect("account_login")
        return view(request, *args, **kwargs)

    return checked


def for_members(*scopes: str) -> Callable[[View], View]:
    """Let a page be seen by members who may do this, and run it as the one who asks.

    The view is given the membership. Who is in no tenant is told so.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def as_member(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            membership = membership_of(request)
            if membership is None:
                others = memberships_of(cast(User, request.user))
                return render(request, "accounts/no_tenant.html", {"others": others})
            if not may(membership, *scopes):
                raise PermissionDenied(f"this needs {' and '.join(scopes)}")
            with acting_as(principal_of(membership, membership.user)):
                return view(request, membership, *args, **kwargs)

        return as_member

    return wrap


def may(membership: Membership, *scopes: str) -> bool:
    """Say whether a member may do all this."""
    return covers(membership.effective_scopes, frozenset(scopes))
