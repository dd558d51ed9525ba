"""What somebody may do when their work is done later: no more than then, and no more than now."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from kernel import clock
from kernel.errors import ForbiddenError
from kernel.identity.authentication import principal_of
from kernel.identity.models import ApiKey, Membership, Tenant
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_principal, current_tenant_id


def remembered_rights() -> dict[str, Any]:
    """Return who is acting, as a job's row keeps it; nothing of work of our own."""
    who = acting_principal()
    if who is None:
        return {}
    return {"kind": who.kind, "id": who.id, "name": who.name, "scopes": sorted(who.scopes)}


def remaining_rights(told: dict[str, Any]) -> Principal:
    """Return who was remembered in the current tenant, with what they may still do.

    Of a person who came by another issuer's token nothing is known here but what it said then.
    Raises ForbiddenError when they may do nothing any more, or nobody was remembered.
    """
    if not told:
        raise ForbiddenError("nobody asked for it with a credential")
    tenant_id = current_tenant_id()
    then = frozenset(map(str, told["scopes"]))
    now = _NOW.get(told["kind"], _as_then)(str(told["id"]), tenant_id, then)
    if now is None or not Tenant.objects.active().filter(pk=tenant_id).exists():
        raise ForbiddenError(f"{told['name']} may do nothing here any more")
    return Principal(
        kind=told["kind"],
        id=str(told["id"]),
        name=str(told["name"]),
        tenant_id=tenant_id,
        scopes=_both(then, now),
    )


def _of_key(key_id: str, tenant_id: UUID, _then: frozenset[str]) -> frozenset[str] | None:
    rows = ApiKey.objects.select_related("tenant", "membership__user", "service_account")
    key = rows.filter(pk=key_id, tenant_id=tenant_id).first()
    return key.effective_scopes if key is not None and key.usable_at(clock.now()) else None


def _of_member(user_id: str, tenant_id: UUID, _then: frozenset[str]) -> frozenset[str] | None:
    rows = Membership.objects.select_related("user")
    found = rows.filter(user_id=user_id, tenant_id=tenant_id, user__is_active=True).first()
    return None if found is None else principal_of(found, found.user).scopes


def _as_then(_id: str, _tenant_id: UUID, then: frozenset[str]) -> frozenset[str] | None:
    return then


_Asked = Callable[[str, UUID, frozenset[str]], frozenset[str] | None]
_NOW: dict[str, _Asked] = {"key": _of_key, "member": _of_member, "staff": _of_member}


def _both(then: frozenset[str], now: frozenset[str]) -> frozenset[str]:
    if ALL_SCOPES in then:
        return now
    return then if ALL_SCOPES in now else then & now
