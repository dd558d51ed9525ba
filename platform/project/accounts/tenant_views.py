"""The pages of a tenant: its members and invitations, its keys, and who is signed in to it."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.identity.authentication import SESSION_TENANT
from kernel.identity.invitations import pending, revoke_invitation
from kernel.identity.models import ApiKey, Membership, ServiceAccount
from kernel.identity.scopes import (
    KNOWN_SCOPES,
    ROLES,
    TENANT_ADMIN,
    TENANT_READ,
    Role,
    covers,
    expanded,
)
from kernel.identity.services import (
    admit,
    create_service_account,
    issue_key,
    remove_member,
    revoke_key,
    rotate_key,
    set_account_enabled,
)
from kernel.identity.sessions import digest, end_sessions, sessions_in
from kernel.ids import parse_id
from project.accounts.forms import InvitationForm, KeyForm, ServiceAccountForm
from project.accounts.invitations import invite
from project.accounts.pages import for_members, may
from project.accounts.tenants import memberships_of, switch_to

#: Whose keys a new one is to be among: one's own.
MINE = "me"
#: Ids of the fields of a second form on a page.
OTHER_FIELDS = "account_%s"


@require_safe
@for_members()
def overview(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show the tenant that the session works in, and the others one may change to."""
    tenant = membership.tenant
    facts = {
        "membership": membership,
        "others": memberships_of(membership.user).exclude(tenant=tenant),
        "scopes": sorted(membership.effective_scopes),
        "members": tenant.memberships.count(),
    }
    return render(request, "accounts/tenant.html", facts)


@require_POST
@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another tenant from here on."""
    try:
        switch_to(request, parse_id(request.POST.get("tenant")))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("tenant")


@require_safe
@for_members(TENANT_READ)
def members(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show who belongs to the tenant, and whom it has invited."""
    return _members_page(request, membership, InvitationForm(roles=roles_of(membership)))


@require_POST
@for_members(TENANT_ADMIN)
def invite_member(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Send an invitation."""
    form = InvitationForm(request.POST, roles=roles_of(membership))
    if form.is_valid():
        try:
            invited = invite(request, by=membership, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"An invitation is on its way to {invited.email}.")
            return redirect("members")
    return _members_page(request, membership, form)


@require_POST
@for_members(TENANT_ADMIN)
def withdraw_invitation(
    request: HttpRequest, membership: Membership, invitation_id: uuid.UUID
) -> HttpResponse:
    """Make an invitation void."""
    try:
        revoke_invitation(invitation_id=invitation_id, by=membership)
        messages.success(request, "The invitation leads nowhere any more.")
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("members")


@require_POST
@for_members(TENANT_ADMIN)
def change_role(request: HttpRequest, membership: Membership, member_id: uuid.UUID) -> HttpResponse:
    """Give a member another role; one's own session goes on under a new key."""
    try:
        member = _member(membership, member_id)
        admit(
            user=member.user,
            tenant=membership.tenant,
            role=request.POST.get("role", ""),
            by=membership,
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("members")
    if member.user == request.user:
        request.session.cycle_key()
    messages.success(request, f"{member.user} is {request.POST['role']} from now on.")
    return redirect("tenant" if member.user == request.user else "members")


@require_POST
@for_members()
def end_membership(
    request: HttpRequest, membership: Membership, member_id: uuid.UUID
) -> HttpResponse:
    """Take a member out of the tenant, or leave it."""
    try:
        member = _member(membership, member_id)
        leaves = member == membership
        remove_member(membership=member, by=membership)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("members" if may(membership, TENANT_READ) else "tenant")
    if leaves:
        request.session.cycle_key()
        request.session.pop(SESSION_TENANT, None)
        return redirect("tenant")
    messages.success(request, f"{member.user} is no member any more.")
    return redirect("members")


@require_safe
@for_members()
def keys(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show one's own keys and, to who administers the tenant, those of its service accounts."""
    return _keys_page(request, membership)


@require_POST
@for_members()
def new_key(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Issue a key and show it, this once."""
    form = _key_form(membership, request.POST)
    if not form.is_valid():
        return _keys_page(request, membership, form=form)
    asked = form.cleaned_data
    try:
        key, secret = issue_key(
            tenant=membership.tenant,
            name=asked["name"],
            scopes=asked["scopes"],
            expires_at=clock.now() + timedelta(days=asked["days"]) if asked["days"] else None,
            service_account=_account(membership, asked["owner"]),
            by=membership,
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return _keys_page(request, membership, form=form)
    return _keys_page(request, membership, key=key, secret=secret)


@require_POST
@for_members()
def renew_key(request: HttpRequest, membership: Membership, key_id: str) -> HttpResponse:
    """Give a key a new secret and show it, this once."""
    try:
        key, secret = rotate_key(key_id=key_id, by=membership)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("keys")
    return _keys_page(request, membership, key=key, secret=secret)


@require_POST
@for_members()
def close_key(request: HttpRequest, membership: Membership, key_id: str) -> HttpResponse:
    """Revoke a key for ever."""
    try:
        key = revoke_key(key_id=key_id, by=membership)
        messages.success(request, f"{key.name} opens nothing any more.")
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("keys")


@require_POST
@for_members(TENANT_ADMIN)
def new_account(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Make a service account."""
    form = ServiceAccountForm(request.POST, scopes=scopes_of(membership), auto_id=OTHER_FIELDS)
    if form.is_valid():
        try:
            account = create_service_account(
                tenant=membership.tenant, by=membership, **form.cleaned_data
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{account} is there: issue a key for it.")
            return redirect("keys")
    return _keys_page(request, membership, account_form=form)


@require_POST
@for_members(TENANT_ADMIN)
def switch_account(
    request: HttpRequest, membership: Membership, account_id: uuid.UUID
) -> HttpResponse:
    """Let a service account's keys open something, or nothing."""
    try:
        account = _account(membership, str(account_id))
        if account is not None:
            enabled = request.POST.get("enabled") == "1"
            set_account_enabled(account=account, enabled=enabled, by=membership)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("keys")


@for_members(TENANT_ADMIN)
def sessions(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show who is signed in to the tenant; a POST ends one of these sessions, or all but this."""
    found = sessions_in(membership.tenant)
    current = digest(request.session.session_key)
    if request.method == "POST":
        others = found.exclude(pk=current)
        only = request.POST.get("session")
        ended = end_sessions(others, only=only, reason="by_administrator")
        messages.success(request, f"Sessions ended: {ended}.")
        return redirect("tenant-sessions")
    facts = {"sessions": found, "current": current, "of_others": True}
    return render(request, "accounts/tenant_sessions.html", facts)


def roles_of(membership: Membership) -> list[tuple[str, str]]:
    """Return the roles that a member may give, for a choice."""
    return [
        (role, role.label)
        for role in Role
        if role != Role.CUSTOM and covers(membership.effective_scopes, expanded(ROLES[role]))
    ]


def scopes_of(membership: Membership) -> list[str]:
    """Return the scopes that a member may give, for a choice."""
    having = membership.effective_scopes
    return sorted(scope for scope in KNOWN_SCOPES if covers(having, frozenset({scope})))


def _members_page(
    request: HttpRequest, membership: Membership, form: InvitationForm
) -> HttpResponse:
    tenant = membership.tenant
    facts = {
        "membership": membership,
        "members": tenant.memberships.select_related("user").order_by("created_at"),
        "pending": pending(tenant).select_related("invited_by__user"),
        "roles": roles_of(membership),
        "given": [role for role, _ in roles_of(membership)],
        "administers": may(membership, TENANT_ADMIN),
        "form": form,
    }
    return render(request, "accounts/members.html", facts)


def _keys_page(request: HttpRequest, membership: Membership, **shown: Any) -> HttpResponse:
    administers = may(membership, TENANT_ADMIN)
    tenant = membership.tenant
    all_keys = ApiKey.objects.filter(tenant=tenant).select_related("service_account")
    facts = {
        "own": all_keys.filter(membership=membership),
        "of_accounts": all_keys.exclude(service_account=None) if administers else [],
        "accounts": tenant.service_accounts.all() if administers else [],
        "administers": administers,
        "form": _key_form(membership),
        "account_form": ServiceAccountForm(scopes=scopes_of(membership), auto_id=OTHER_FIELDS),
        "now": clock.now(),
    }
    return render(request, "accounts/keys.html", facts | shown)


def _key_form(membership: Membership, data: Any = None) -> KeyForm:
    owners = [(MINE, "me")]
    if may(membership, TENANT_ADMIN):
        accounts = membership.tenant.service_accounts.filter(disabled_at=None)
        owners += [(str(account.pk), account.name) for account in accounts]
    return KeyForm(data, scopes=scopes_of(membership), owners=owners)


def _member(membership: Membership, member_id: uuid.UUID) -> Membership:
    found = (
        Membership.objects.filter(tenant_id=membership.tenant_id, pk=member_id)
        .select_related("user", "tenant")
        .first()
    )
    if found is None:
        raise NotFoundError("there is no such member")
    return found


def _account(membership: Membership, account_id: str) -> ServiceAccount | None:
    if account_id == MINE:
        return None
    found = membership.tenant.service_accounts.filter(pk=parse_id(account_id)).first()
    if found is None:
        raise NotFoundError("there is no such service account")
    return found
