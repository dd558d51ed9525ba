"""The pages of one's own account that allauth does not have."""

from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from kernel.errors import DomainError
from kernel.identity.invitations import accept, open_invitation
from kernel.identity.models import Membership
from kernel.identity.sessions import digest, end_sessions, sessions_of
from project.accounts.forms import NewPersonForm
from project.accounts.invitations import accept_as_new, known_person
from project.accounts.tenants import switch_to


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
        ended = end_sessions(others, only=request.POST.get("session"), reason="by_owner")
        messages.success(request, f"Sessions ended: {ended}.")
        return redirect("own-sessions")
    return render(request, "accounts/own_sessions.html", {"sessions": sessions, "current": current})


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation to who has its link, and let them accept it."""
    try:
        return _invitation(request, token)
    except DomainError as error:
        facts = {"reason": str(error)}
        return render(request, "accounts/invitation_void.html", facts, status=error.status)


def _invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = open_invitation(token)
    known = known_person(found.email) is not None
    facts: dict[str, Any] = {"invitation": found, "known": known}
    if isinstance(request.user, User):
        if request.user.email.lower() != found.email:
            return render(request, "accounts/invitation_other.html", facts)
        if request.method == "POST":
            return _accepted(request, accept(token=token, user=request.user))
    elif not known:
        form = NewPersonForm(request.POST or None, email=found.email)
        if form.is_valid():
            user = accept_as_new(token=token, **form.cleaned_data)
            perform_login(request, Login(user=user))
            return _accepted(request, found.tenant.memberships.get(user=user))
        facts["form"] = form
    return render(request, "accounts/invitation.html", facts)


def _accepted(request: HttpRequest, membership: Membership) -> HttpResponse:
    switch_to(request, membership.tenant_id)
    messages.success(request, f"Welcome to {membership.tenant}.")
    return redirect("tenant")
