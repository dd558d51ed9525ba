"""Invitations by mail, and how a new person accepts one."""

import uuid

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from kernel import clock
from kernel.errors import ConflictError
from kernel.identity import invitations
from kernel.identity.models import Invitation, InvitationState, Membership
from kernel.jobs.registry import job
from kernel.jobs.services import enqueue

SEND = "accounts.send_invitation"


@transaction.atomic
def invite(request: HttpRequest, *, by: Membership, email: str, role: str) -> Invitation:
    """Invite somebody and let a worker send the mail; raises as `invitations.invite` does."""
    site = f"{request.scheme}://{request.get_host()}"
    invitation = invitations.invite(by=by, email=email, role=role, site=site)
    enqueue(SEND, str(invitation.pk))
    return invitation


@job(SEND)
def send_invitation(invitation_id: str) -> None:
    """Send an invitation's link, unless it leads nowhere any more."""
    invitation = Invitation.objects.select_related("tenant", "invited_by__user").get(
        pk=uuid.UUID(invitation_id)
    )
    if invitation.state_at(clock.now()) is not InvitationState.PENDING:
        return
    path = reverse("invitation", args=[invitations.token_of(invitation)])
    facts = {"invitation": invitation, "url": f"{invitation.site}{path}", "site": invitation.site}
    # A line break in a name would be another header.
    tenant = " ".join(invitation.tenant.name.split())
    message = EmailMultiAlternatives(
        f"An invitation to {tenant}",
        render_to_string("accounts/mail/invitation.txt", facts),
        to=[invitation.email],
    )
    html = render_to_string("accounts/mail/invitation.html", facts)
    message.attach_alternative(html, "text/html")
    message.send()


def known_person(email: str) -> User | None:
    """Return the person who has this address here."""
    return User.objects.filter(email__iexact=email).order_by("-is_active", "pk").first()


@transaction.atomic
def accept_as_new(*, token: str, name: str, password: str) -> User:
    """Make a person of an invitation's address and let them join.

    Raises as `invitations.accept` does, and ConflictError when the address has somebody already.
    """
    invitation = invitations.open_invitation(token)
    taken = User.objects.filter(username=invitation.email).exists()
    if taken or known_person(invitation.email):
        raise ConflictError(f"{invitation.email} has an account here: sign in to accept")
    user = User.objects.create_user(invitation.email, invitation.email, password, first_name=name)
    # The link came by mail to this address, so whoever has it has the address.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    invitations.accept(token=token, user=user)
    return user
