"""What happens to tenants, members, sessions, keys and secrets."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCreated(Event):
    """An organisation has been let in."""

    TYPE: ClassVar[str] = "identity.tenant.created.v1"
    ENTITY: ClassVar[str] = "Tenant"
    SUBJECT: ClassVar[str] = "tenant_id"
    LABEL: ClassVar[str] = "slug"

    tenant_id: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSuspended(Event):
    """Nobody of the tenant gets in any more; its data stays."""

    TYPE: ClassVar[str] = "identity.tenant.suspended.v1"
    ENTITY: ClassVar[str] = "Tenant"
    SUBJECT: ClassVar[str] = "tenant_id"
    LABEL: ClassVar[str] = "slug"

    tenant_id: str
    slug: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantResumed(Event):
    """A suspended tenant is let in again."""

    TYPE: ClassVar[str] = "identity.tenant.resumed.v1"
    ENTITY: ClassVar[str] = "Tenant"
    SUBJECT: ClassVar[str] = "tenant_id"
    LABEL: ClassVar[str] = "slug"

    tenant_id: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDeletionRequested(Event):
    """Every app is to erase its part of the tenant, and to say so by `TenantPartErased`."""

    TYPE: ClassVar[str] = "identity.tenant.deletion_requested.v1"
    ENTITY: ClassVar[str] = "Tenant"
    SUBJECT: ClassVar[str] = "tenant_id"
    LABEL: ClassVar[str] = "slug"

    tenant_id: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPartErased(Event):
    """An app has nothing of a tenant any more; its report is the number of rows that it erased."""

    TYPE: ClassVar[str] = "identity.tenant.part_erased.v1"
    ENTITY: ClassVar[str] = "Tenant"
    SUBJECT: ClassVar[str] = "tenant_id"

    tenant_id: str
    app: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(Event):
    """Somebody has been asked to join a tenant."""

    TYPE: ClassVar[str] = "identity.member.invited.v1"
    ENTITY: ClassVar[str] = "Invitation"
    SUBJECT: ClassVar[str] = "invitation_id"
    LABEL: ClassVar[str] = "email"

    invitation_id: str
    email: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRevoked(Event):
    """An invitation that was not accepted leads nowhere any more."""

    TYPE: ClassVar[str] = "identity.invitation.revoked.v1"
    ENTITY: ClassVar[str] = "Invitation"
    SUBJECT: ClassVar[str] = "invitation_id"
    LABEL: ClassVar[str] = "email"

    invitation_id: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """Somebody is a member of a tenant now."""

    TYPE: ClassVar[str] = "identity.member.joined.v1"
    ENTITY: ClassVar[str] = "Member"
    SUBJECT: ClassVar[str] = "member_id"
    LABEL: ClassVar[str] = "username"

    member_id: str
    user_id: str
    username: str
    role: str
    #: The invitation that led here, if one did.
    invitation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleChanged(Event):
    """A member may do other things than before."""

    TYPE: ClassVar[str] = "identity.member.role_changed.v1"
    ENTITY: ClassVar[str] = "Member"
    SUBJECT: ClassVar[str] = "member_id"
    LABEL: ClassVar[str] = "username"

    member_id: str
    user_id: str
    username: str
    role: str
    previous_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Event):
    """Somebody is no member of a tenant any more."""

    TYPE: ClassVar[str] = "identity.member.removed.v1"
    ENTITY: ClassVar[str] = "Member"
    SUBJECT: ClassVar[str] = "member_id"
    LABEL: ClassVar[str] = "username"

    member_id: str
    user_id: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Event):
    """A browser that was signed in is so no more; the id is not the session's key."""

    TYPE: ClassVar[str] = "identity.session.revoked.v1"
    ENTITY: ClassVar[str] = "Session"
    SUBJECT: ClassVar[str] = "session_id"

    session_id: str
    user_id: str
    #: Such as `by_owner`, `by_staff`, `role_changed`, `password_reset`.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Event):
    """Somebody has proven to be who they say, and a session has begun."""

    TYPE: ClassVar[str] = "identity.signin.succeeded.v1"
    ENTITY: ClassVar[str] = "User"
    SUBJECT: ClassVar[str] = "user_id"
    LABEL: ClassVar[str] = "username"

    user_id: str
    username: str
    #: How, such as `password`, `mfa` or `socialaccount`, in the order of the steps.
    methods: tuple[str, ...]
    ip_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """Somebody could not prove to be who they said; the name is cut to 150 characters."""

    TYPE: ClassVar[str] = "identity.signin.failed.v1"
    ENTITY: ClassVar[str] = "User"
    SUBJECT: ClassVar[str] = "username"
    LABEL: ClassVar[str] = "username"

    username: str
    reason: str
    ip_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedOut(Event):
    """After too many failures nobody signs in by this name, or from this address, for a while."""

    TYPE: ClassVar[str] = "identity.signin.locked_out.v1"
    ENTITY: ClassVar[str] = "User"
    SUBJECT: ClassVar[str] = "username"
    LABEL: ClassVar[str] = "username"

    username: str
    failures: int
    until: datetime | None = None
    ip_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyIssued(Event):
    """A key has been made and its secret shown once."""

    TYPE: ClassVar[str] = "identity.apikey.issued.v1"
    ENTITY: ClassVar[str] = "ApiKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRotated(Event):
    """A key has a successor, and opens things itself until the overlap ends."""

    TYPE: ClassVar[str] = "identity.apikey.rotated.v1"
    ENTITY: ClassVar[str] = "ApiKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    new_key_id: str
    overlap_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked(Event):
    """A key opens nothing any more."""

    TYPE: ClassVar[str] = "identity.apikey.revoked.v1"
    ENTITY: ClassVar[str] = "ApiKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRead(Event):
    """Somebody has been shown a secret that is kept here; never which one it is, but its name."""

    TYPE: ClassVar[str] = "identity.secret.read.v1"
    ENTITY: ClassVar[str] = "Secret"
    SUBJECT: ClassVar[str] = "secret_id"
    LABEL: ClassVar[str] = "name"

    secret_id: str
    name: str
    #: What keeps it: an app, or `platform`.
    owner: str
    purpose: str = ""
