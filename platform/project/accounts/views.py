"""The pages of one's own account that allauth does not have."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from kernel.identity.sessions import digest, end_sessions, sessions_of
from project.accounts.tenants import membership_of


@require_safe
def by_invitation(request: HttpRequest) -> HttpResponse:
    """Say how people come here, to who is sent on from a mail."""
    return render(request, "account/signup_closed.html")


@require_safe
def no_password(request: HttpRequest) -> HttpResponse:
    """Say why there is none to change, to who signs in at an identity provider."""
    return render(request, "accounts/no_password.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; a POST ends one of these sessions, or all but this."""
    assert isinstance(request.user, User)  # noqa: S101  login_required # nosec B101
    sessions = sessions_of(request.user)
    current = digest(request.session.session_key)
    if request.method == "POST":
        others = sessions.exclude(pk=current)
        chosen = request.POST.get("session")
        ended = end_sessions(others.filter(pk=chosen) if chosen else others)
        messages.success(request, f"Sessions ended: {ended}.")
        return redirect("own-sessions")
    return render(request, "accounts/own_sessions.html", {"sessions": sessions, "current": current})


@require_safe
@login_required
def tenant(request: HttpRequest) -> HttpResponse:
    """Show the tenant that the session works in."""
    return render(request, "accounts/tenant.html", {"membership": membership_of(request)})
