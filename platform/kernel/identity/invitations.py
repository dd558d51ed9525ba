"""Invitations: a signed link that lets one address join a tenant once, for a week.

The inviter gives no more than they have, when they invite and still when it is accepted: who has
lost the right to give a role, or the membership, has invited nobody.
"""

import uuid
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from contracts.identity import InvitationRevoked, MemberInvited
from kernel import clock
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.events.publishing import publish
from kernel.identity.models import Invitation, InvitationState, Membership, Tenant
from kernel.identity.scopes import ROLES, Role, expanded
from kernel.identity.services import admit, refuse_beyond

LIFETIME = timedelta(days=7)
_signer = Signer(salt="kernel.identity.invitations")


@transaction.atomic
def invite(*, by: Membership, email: str, role: str, site: str) -> Invitation:
    """Invite an address to the member's tenant; an invitation that it had before is void.

    Raises InvalidInputError, ForbiddenError for a role beyond the inviter's own, and ConflictError
    when this address is a member's already.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInputError(f"{email!r} is no e-mail address") from None
    if role not in ROLES or role == Role.CUSTOM:
        raise InvalidInputError(f"nobody is invited as {role!r}")
    refuse_beyond(by, expanded(ROLES[role]))
    if Membership.objects.filter(tenant_id=by.tenant_id, user__email__iexact=email).exists():
        raise ConflictError(f"{email} is a member already")
    for former in pending(by.tenant).filter(email=email).select_for_update(of=("self",)):
        _revoke(former)
    invitation = Invitation.objects.create(
        tenant_id=by.tenant_id,
        email=email,
        role=role,
        invited_by=by,
        site=site,
        expires_at=clock.now() + LIFETIME,
    )
    publish(
        MemberInvited(invitation_id=str(invitation.pk), email=email, role=role),
        tenant_id=by.tenant_id,
    )
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation_id: uuid.UUID, by: Membership | None = None) -> None:
    """Make an invitation void. Telling it twice changes nothing; raises NotFoundError."""
    refuse_beyond(by, ())
    rows = Invitation.objects.select_for_update().filter(pk=invitation_id)
    invitation = (rows.filter(tenant_id=by.tenant_id) if by else rows).first()
    if invitation is None:
        raise NotFoundError(f"no invitation {invitation_id}")
    if invitation.state_at(clock.now()) is InvitationState.PENDING:
        _revoke(invitation)


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """Let the person whose address was invited join; raises as `open_invitation` does.

    Raises ForbiddenError when the invitation is for somebody else. Who is a member already keeps
    their role.
    """
    invitation = open_invitation(token, for_update=True)
    if user.email.lower() != invitation.email:
        raise ForbiddenError(f"this invitation is for {invitation.email}")
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_at"])
    former = Membership.objects.filter(user=user, tenant_id=invitation.tenant_id).first()
    return former or admit(
        user=user,
        tenant=invitation.tenant,
        role=invitation.role,
        invitation_id=str(invitation.pk),
    )


def token_of(invitation: Invitation) -> str:
    """Return what its link ends with."""
    return _signer.sign(str(invitation.pk))


def open_invitation(token: str, *, for_update: bool = False) -> Invitation:
    """Return the invitation of a link that can be accepted.

    Raises NotFoundError for a link that we did not make, and ConflictError for one that was used,
    has expired, was revoked, or whose inviter may not give this role any more.
    """
    rows = Invitation.objects.select_related("tenant", "invited_by__user")
    try:
        found = rows.filter(pk=_signer.unsign(token))
        invitation = found.select_for_update(of=("self",)).get() if for_update else found.get()
    except (BadSignature, Invitation.DoesNotExist):
        raise NotFoundError("this link is no invitation of ours, or not the whole of it") from None
    state = invitation.state_at(clock.now())
    if state is not InvitationState.PENDING:
        raise ConflictError(f"this invitation is {state}: ask for another")
    if not invitation.invited_by.user.is_active:
        raise ConflictError("who invited you is not here any more: ask somebody else")
    try:
        refuse_beyond(invitation.invited_by, expanded(ROLES[invitation.role]))
    except ForbiddenError:
        raise ConflictError("who invited you may not do so any more: ask somebody else") from None
    return invitation


def pending(tenant: Tenant) -> QuerySet[Invitation]:
    """Return a tenant's invitations that can still be accepted, the newest first."""
    return Invitation.objects.filter(
        tenant=tenant, accepted_at=None, revoked_at=None, expires_at__gt=clock.now()
    )


def _revoke(invitation: Invitation) -> None:
    invitation.revoked_at = clock.now()
    invitation.save(update_fields=["revoked_at"])
    told = InvitationRevoked(invitation_id=str(invitation.pk), email=invitation.email)
    publish(told, tenant_id=invitation.tenant_id)
