"""Tenants, members, service accounts and keys: made, issued, changed, revoked.

`by` is the member who does it: nobody gives or takes away what they may not do themselves. Without
it the platform's own staff does, by the back office or the command line, and may do anything.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contracts.event import Event
from contracts.identity import (
    ApiKeyIssued,
    ApiKeyRevoked,
    ApiKeyRotated,
    MemberJoined,
    MemberRemoved,
    MemberRoleChanged,
    TenantCreated,
)
from kernel import clock
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.events.publishing import publish
from kernel.identity.keys import KeyText, digest
from kernel.identity.models import ApiKey, KeyState, Membership, ServiceAccount, Tenant
from kernel.identity.recent import recent_keys
from kernel.identity.scopes import ROLES, TENANT_ADMIN, Role, check_scopes, covers, expanded
from kernel.identity.sessions import end_sessions, sessions_of
from kernel.rows import check

#: How long the old secret of a rotated key opens the same, unless somebody says otherwise.
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)


def create_tenant(*, slug: str, name: str) -> Tenant:
    """Make a tenant; raises InvalidInputError, or ConflictError when the slug is taken."""
    tenant = Tenant(slug=slug, name=name)
    check(tenant)
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
            publish(TenantCreated(tenant_id=str(tenant.pk), slug=slug), tenant_id=tenant.pk)
        return tenant
    except IntegrityError:
        raise ConflictError(f"there is a tenant {slug} already") from None


@transaction.atomic
def admit(
    *,
    user: User,
    tenant: Tenant,
    role: str,
    extra_scopes: Sequence[str] = (),
    by: Membership | None = None,
    invitation_id: str = "",
) -> Membership:
    """Let a person act in a tenant in this role, in place of any they had there.

    Whose role changes is signed out there, so that no session outlives it. Raises
    ForbiddenError for a role beyond the giver's own, and ConflictError when the tenant would have
    no owner left.
    """
    _check_scopes(extra_scopes)
    if role not in ROLES:
        raise InvalidInputError(f"a role is one of {', '.join(ROLES)}; found {role!r}")
    _lock_members(tenant.pk)
    membership = Membership.objects.filter(user=user, tenant=tenant).first() or Membership(
        user=user, tenant=tenant, role=Role.CUSTOM
    )
    refuse_beyond(by, membership.effective_scopes)
    if role != Role.OWNER:
        _keep_an_owner(membership)
    before = membership.role, membership.extra_scopes
    membership.role, membership.extra_scopes = role, list(extra_scopes)
    refuse_beyond(by, membership.effective_scopes)
    joins = membership._state.adding
    if not joins and before == (membership.role, membership.extra_scopes):
        return membership
    membership.save()
    recent_keys.forget_all()
    if joins:
        event: Event = MemberJoined(invitation_id=invitation_id, role=role, **_facts(membership))
    else:
        event = MemberRoleChanged(role=role, previous_role=before[0], **_facts(membership))
        _end_sessions_of(membership, reason="role_changed")
    publish(event, tenant_id=tenant.pk)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: Membership | None = None) -> None:
    """End a membership, with the member's own keys and sessions; raises as `admit` does.

    Anybody may leave.
    """
    _lock_members(membership.tenant_id)
    if by != membership:
        refuse_beyond(by, membership.effective_scopes)
    _keep_an_owner(membership)
    publish(MemberRemoved(**_facts(membership)), tenant_id=membership.tenant_id)
    _end_sessions_of(membership, reason="removed")
    membership.delete()
    recent_keys.forget_all()


def create_service_account(
    *, tenant: Tenant, name: str, scopes: Sequence[str], by: Membership | None = None
) -> ServiceAccount:
    """Make an account for a program; raises ForbiddenError, or ConflictError for a taken name."""
    _check_scopes(scopes)
    refuse_beyond(by, expanded(scopes))
    try:
        with transaction.atomic():
            return ServiceAccount.objects.create(
                tenant=tenant,
                name=name,
                scopes=list(scopes),
                created_by=by.user if by else None,
            )
    except IntegrityError:
        raise ConflictError(f"there is a service account {name} already") from None


@transaction.atomic
def set_account_enabled(
    *, account: ServiceAccount, enabled: bool, by: Membership | None = None
) -> None:
    """Let an account's keys open something again, or nothing. Telling it twice changes nothing."""
    refuse_beyond(by, expanded(account.scopes))
    if enabled == (account.disabled_at is None):
        return
    account.disabled_at = None if enabled else clock.now()
    account.save(update_fields=["disabled_at"])
    recent_keys.forget_all()


@transaction.atomic
def issue_key(
    *,
    tenant: Tenant,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    service_account: ServiceAccount | None = None,
    by: Membership | None = None,
    created_by: User | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret text, which can never be read again.

    It belongs to the service account if one is named, else to the member who makes it. Raises
    ForbiddenError for scopes beyond those of the one or the other.
    """
    _check_scopes(scopes)
    asked = expanded(scopes)
    if service_account:
        refuse_beyond(by, asked)
        if service_account.tenant_id != tenant.pk:
            raise InvalidInputError(f"{service_account} is no service account of {tenant}")
        _refuse_missing(service_account.effective_scopes, asked, whose="the service account's")
    elif by:
        _refuse_missing(by.effective_scopes, asked, whose="your own")
    text = KeyText.new(settings.KEY_ENVIRONMENT)
    key = ApiKey.objects.create(
        id=text.id,
        tenant=tenant,
        membership=None if service_account else by,
        service_account=service_account,
        name=name,
        secret_sha256=digest(text.secret),
        scopes=list(scopes),
        expires_at=expires_at,
        created_by=by.user if by else created_by,
    )
    publish(
        ApiKeyIssued(key_id=key.pk, name=name, scopes=tuple(scopes), expires_at=expires_at),
        tenant_id=tenant.pk,
    )
    return key, str(text)


@transaction.atomic
def rotate_key(
    *, key_id: str, overlap: timedelta = OVERLAP, by: Membership | None = None
) -> tuple[ApiKey, str]:
    """Give a key a new secret, returned once; the one before it opens the same until then.

    Only one secret before the newest is kept: to rotate twice ends the first at once. Who is given
    a secret may do what its key was issued for, so this raises ForbiddenError for another member's
    key, and for one beyond the own scopes; ConflictError for one that is revoked or has expired.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInputError(f"an overlap is 0 to {LONGEST_OVERLAP.days} days, found {overlap}")
    key = _locked_key(key_id, by)
    _refuse_secret(key, by)
    now = clock.now()
    if key.state_at(now) is not KeyState.ACTIVE:
        raise ConflictError(f"the key {key_id} opens nothing any more: issue another")
    text = KeyText.new(settings.KEY_ENVIRONMENT, key.pk)
    key.previous_sha256, key.previous_until = key.secret_sha256, now + overlap
    key.secret_sha256, key.rotated_at = digest(text.secret), now
    key.save(update_fields=["previous_sha256", "previous_until", "secret_sha256", "rotated_at"])
    recent_keys.forget(key.pk)
    publish(
        ApiKeyRotated(
            key_id=key.pk, name=key.name, new_key_id=key.pk, overlap_until=key.previous_until
        ),
        tenant_id=key.tenant_id,
    )
    return key, str(text)


@transaction.atomic
def revoke_key(*, key_id: str, by: Membership | None = None) -> ApiKey:
    """Close a key for ever. Telling it twice changes nothing."""
    key = _locked_key(key_id, by)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        recent_keys.forget(key_id)
        publish(ApiKeyRevoked(key_id=key.pk, name=key.name), tenant_id=key.tenant_id)
    return key


def _locked_key(key_id: str, by: Membership | None) -> ApiKey:
    """Return a key of the member's own, or any of the tenant for who administers it."""
    keys = ApiKey.objects.select_for_update()
    if by is not None:
        keys = keys.filter(tenant_id=by.tenant_id)
        if not covers(by.effective_scopes, frozenset({TENANT_ADMIN})):
            keys = keys.filter(membership=by)
    key = keys.filter(pk=key_id).first()
    if key is None:
        raise NotFoundError(f"no API key {key_id}")
    return key


def _refuse_secret(key: ApiKey, by: Membership | None) -> None:
    """Raise ForbiddenError unless this member may hold the key's secret."""
    if by is None or key.membership_id == by.pk:
        return
    if key.membership_id is not None:
        raise ForbiddenError("only who a key belongs to gets its secret; you may revoke it")
    refuse_beyond(by, expanded(key.scopes))


def _check_scopes(scopes: Sequence[str]) -> None:
    try:
        check_scopes(list(scopes))
    except ValidationError as error:
        raise InvalidInputError(error.message) from None


def refuse_beyond(by: Membership | None, scopes: Iterable[str]) -> None:
    """Raise ForbiddenError unless this member administers the tenant and may do all that."""
    if by is not None:
        _refuse_missing(by.effective_scopes, frozenset(scopes) | {TENANT_ADMIN}, whose="your own")


def _refuse_missing(having: frozenset[str], asked: frozenset[str], *, whose: str) -> None:
    if not covers(having, asked):
        missing = ", ".join(sorted(asked - having))
        raise ForbiddenError(f"these scopes are beyond {whose}: {missing}")


def _facts(membership: Membership) -> dict[str, str]:
    return {
        "member_id": str(membership.pk),
        "user_id": str(membership.user_id),
        "username": membership.user.get_username(),
    }


def _end_sessions_of(membership: Membership, *, reason: str) -> None:
    end_sessions(sessions_of(membership.user).filter(tenant_id=membership.tenant_id), reason=reason)


def _lock_members(tenant_id: uuid.UUID) -> None:
    """Let one change of a tenant's members wait for the other.

    Two owners who leave at once do not both count on the other, nor wait for each other for ever.
    """
    Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).first()


def _keep_an_owner(membership: Membership) -> None:
    """Raise ConflictError when this is the tenant's last owner."""
    if membership.role != Role.OWNER:
        return
    owners = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.OWNER)
    if owners.count() == 1:
        raise ConflictError("a tenant keeps one owner: name another first")
