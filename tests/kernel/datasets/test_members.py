"""Members of a tenant as rows: who reads them, and how much of each."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from contracts.datasets import Mode, Wanted
from kernel import clock
from kernel.datasets import client
from kernel.datasets.services import apply_batch, known_keys, read_page
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.identity.models import Membership, Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, somebody, statements
from kernel.testing.tenants import make_tenant

NAME = "identity.members"


def member(tenant: Tenant, name: str, role: str = "viewer", **more: bool) -> Membership:
    user = User.objects.create(
        username=name, email=f"{name}@example.com", first_name=name.title(), **more
    )
    return Membership.objects.create(user=user, tenant=tenant, role=role)


@pytest.fixture
def ada(tenant: Tenant) -> Membership:
    member(make_tenant(), "elsewhere")
    return member(tenant, "ada", "owner")


def test_members_of_the_tenant_are_read_page_by_page(tenant: Tenant, ada: Membership) -> None:
    for name in ("bea", "cyd"):
        member(tenant, name, is_active=False)

    with acting_as(somebody(tenant.pk, "tenant:read", "tenant:admin")):
        rows = exported(NAME)
        owners = exported(NAME, filters={"role": "owner"})
        gone = exported(NAME, filters={"active": False})
        later = exported(NAME, since=(clock.now() + timedelta(hours=1)).isoformat())

    assert (
        rows[0]
        == owners[0]
        == {
            "id": str(ada.pk),
            "username": "ada",
            "email": "ada@example.com",
            "name": "Ada",
            "role": "owner",
            "extra_scopes": [],
            "active": True,
            "created_at": ada.created_at.isoformat(),
        }
    )
    assert [row["username"] for row in rows] == ["ada", "bea", "cyd"]
    assert [row["username"] for row in gone] == ["bea", "cyd"]
    assert later == []


def test_who_they_are_takes_more_than_that_they_are(tenant: Tenant, ada: Membership) -> None:
    with acting_as(somebody(tenant.pk, "tenant:read")):
        (row,) = exported(NAME)
    with acting_as(somebody(tenant.pk, "files:read")), pytest.raises(ForbiddenError):
        read_page(NAME, Wanted())

    assert (row["id"], row["role"]) == (str(ada.pk), "owner")
    assert {row[name] for name in ("username", "email", "name")} == {"***"}


def test_nobody_becomes_a_member_by_an_import(tenant: Tenant, ada: Membership) -> None:
    with acting_as(somebody(tenant.pk)), pytest.raises(InvalidInputError, match="exported"):
        apply_batch(NAME, batch="b", mode=Mode.UPSERT, rows=[{"id": str(ada.pk)}])

    assert Membership.objects.count() == 2


def test_a_relation_leads_to_members_of_the_tenant_alone(tenant: Tenant, ada: Membership) -> None:
    other = Membership.objects.exclude(pk=ada.pk).get()

    with acting_as(somebody(tenant.pk)):
        found = client.known(NAME, [str(ada.pk), str(other.pk), "no id"])

    assert found == {str(ada.pk)}
    with acting_as(somebody(tenant.pk, "files:read")), pytest.raises(ForbiddenError):
        known_keys(NAME, [str(ada.pk)])


def test_a_page_costs_one_statement(tenant: Tenant, ada: Membership) -> None:
    member(tenant, "bea")

    with acting_as(somebody(tenant.pk)):
        assert statements(NAME, size=1) == statements(NAME, size=2) == 1
