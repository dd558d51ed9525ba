"""What somebody may still do when their work is done: no more than then, and no more than now."""

import pytest

from kernel import clock
from kernel.errors import ForbiddenError
from kernel.identity.models import Tenant
from kernel.identity.rights import remaining_rights, remembered_rights
from kernel.tenancy.context import Kind, Principal, acting_as
from kernel.testing.tenants import make_key


def principal(tenant: Tenant, *scopes: str, kind: Kind = "key", who: str = "x") -> Principal:
    return Principal(kind=kind, id=who, name="Ada", tenant_id=tenant.pk, scopes=frozenset(scopes))


def remembered(who: Principal) -> dict[str, object]:
    with acting_as(who):
        return remembered_rights()


@pytest.mark.parametrize(
    ("then", "now", "left"),
    [
        (["files:read"], ["files:read", "audit:read"], {"files:read"}),
        (["files:read", "audit:read"], ["files:read"], {"files:read"}),
        (["*"], ["files:read"], {"files:read"}),
        (["files:read"], ["*"], {"files:read"}),
        (["*"], ["*"], {"*"}),
    ],
)
def test_a_key_has_the_rights_of_then_that_it_has_now(
    tenant: Tenant, then: list[str], now: list[str], left: set[str]
) -> None:
    key = make_key(tenant, *now).key

    found = remaining_rights(remembered(principal(tenant, *then, who=key.pk)))

    assert (found.kind, found.id, found.tenant_id) == ("key", key.pk, tenant.pk)
    assert {"files:read", "audit:read", "*"} & found.scopes == left


def test_a_key_that_was_revoked_has_none(tenant: Tenant) -> None:
    key = make_key(tenant).key
    told = remembered(principal(tenant, "*", who=key.pk))
    key.revoked_at = clock.now()
    key.save()

    with pytest.raises(ForbiddenError, match="Ada may do nothing here any more"):
        remaining_rights(told)


def test_nobody_of_a_suspended_tenant_has_any(tenant: Tenant) -> None:
    told = remembered(principal(tenant, "files:read", kind="user"))
    assert remaining_rights(told).scopes == {"files:read"}
    Tenant.objects.update(suspended_at=clock.now())

    with pytest.raises(ForbiddenError):
        remaining_rights(told)


@pytest.mark.parametrize("kind", ["member", "staff"])
def test_who_is_no_member_any_more_has_none(tenant: Tenant, kind: Kind) -> None:
    with pytest.raises(ForbiddenError):
        remaining_rights(remembered(principal(tenant, "*", kind=kind, who="4711")))


def test_work_of_our_own_has_nobodys_rights(tenant: Tenant) -> None:
    assert remembered_rights() == {}
    with pytest.raises(ForbiddenError, match="nobody asked"):
        remaining_rights({})
