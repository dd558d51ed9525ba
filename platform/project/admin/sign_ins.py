"""Sign-ins for staff: who is signed in where, who is invited, and whose name is locked."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel import clock
from kernel.admin import SeenOnlyAdmin, confirmed, display
from kernel.identity.devices import device
from kernel.identity.invitations import revoke_invitation
from kernel.identity.lockouts import lift
from kernel.identity.models import Invitation, InvitationState, Lockout, Session
from kernel.identity.sessions import digest, end_sessions

# A person's own pages show these; a seed or a passkey is nobody else's to see.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


@admin.register(Session)
class SessionAdmin(SeenOnlyAdmin):
    """Browsers in which somebody is signed in."""

    list_display = ("user", "by", "address", "tenant", "signed_in_at", "last_seen_at")
    list_select_related = ("user", "tenant")
    search_fields = ("user__username", "user__email", "address")
    fields = ("user", "by", "address", "tenant", "signed_in_at", "last_seen_at", "expires_at")
    readonly_fields = fields
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        rows: QuerySet[Session] = super().get_queryset(request)
        return rows.filter(user__isnull=False, expires_at__gt=clock.now())

    @display(description="device")
    def by(self, session: Session) -> str:
        return device(session.user_agent)

    @admin.action(description="End the selected sessions at once", permissions=["change"])
    @confirmed
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        # Not the one that asks: it has the answer still to show.
        others = sessions.exclude(pk=digest(request.session.session_key))
        messages.success(request, f"Sessions ended: {end_sessions(others, reason='by_staff')}.")


@admin.register(Invitation)
class InvitationAdmin(SeenOnlyAdmin):
    """Whom members have invited to their tenants."""

    list_display = ("email", "tenant", "role", "state", "invited_by", "created_at", "expires_at")
    list_select_related = ("tenant", "invited_by__user", "invited_by__tenant")
    list_filter = ("tenant",)
    search_fields = ("email",)
    fields = ("email", "tenant", "role", "state", "invited_by", "created_at", "expires_at")
    readonly_fields = fields
    actions = ("revoke",)

    @display(
        description="state",
        label={
            InvitationState.PENDING: "info",
            InvitationState.ACCEPTED: "success",
            InvitationState.EXPIRED: "warning",
            InvitationState.REVOKED: "danger",
        },
    )
    def state(self, invitation: Invitation) -> str:
        return invitation.state_at(clock.now())

    @admin.action(description="Revoke the selected invitations", permissions=["change"])
    @confirmed
    def revoke(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        for invitation in invitations:
            revoke_invitation(invitation_id=invitation.pk)
        messages.success(request, "The invitations lead nowhere any more.")


@admin.register(Lockout)
class LockoutAdmin(SeenOnlyAdmin):
    """Names that were tried with wrong passwords."""

    list_display = ("name", "state", "failures", "address", "first_at", "locked_until")
    search_fields = ("name", "address")
    fields = ("name", "failures", "address", "first_at", "locked_until")
    readonly_fields = fields
    actions = ("lift",)

    @display(description="state", label={"locked": "danger", "counted": "info"})
    def state(self, lockout: Lockout) -> str:
        until = lockout.locked_until
        return "locked" if until is not None and until > clock.now() else "counted"

    @admin.action(description="Let the selected names be tried again", permissions=["change"])
    @confirmed
    def lift(self, request: HttpRequest, lockouts: QuerySet[Lockout]) -> None:
        messages.success(request, f"Names that may be tried again: {lift(lockouts)}.")
