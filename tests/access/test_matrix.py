"""Every operation with every kind of credential: only the right one gets in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kernel import clock
from kernel.identity.keys import KeyText
from kernel.identity.models import Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, revoke_key
from kernel.services import BY_NAME
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient, Result
from kernel.testing.tenants import make_key, make_tenant
from project.graph import subgraph
from tests.access.operations import OPERATIONS, Operation
from tests.access.rows import ROWS

#: Fields that need no credential, because they hold nothing of any tenant.
OPEN = {"_service"}


def test_every_operation_has_a_row() -> None:
    served = {
        (service, name)
        for service in ROWS
        for root in (subgraph(service).schema.query_type, subgraph(service).schema.mutation_type)
        if root is not None
        for name in root.fields
        if name not in OPEN
    }

    assert served == {(operation.service, operation.name) for operation in OPERATIONS}


def right(owner: Tenant, operation: Operation) -> str:
    return make_key(owner, operation.scope).secret


def everything(owner: Tenant, _operation: Operation) -> str:
    return make_key(owner).secret


def none(_owner: Tenant, _operation: Operation) -> str:
    return ""


def malformed(_owner: Tenant, _operation: Operation) -> str:
    return "not-a-key"


def unknown(owner: Tenant, operation: Operation) -> str:
    return str(KeyText.new("test", make_key(owner, operation.scope).key.pk))


def damaged(owner: Tenant, operation: Operation) -> str:
    return right(owner, operation)[:-1]


def expired(owner: Tenant, operation: Operation) -> str:
    credential = make_key(owner, operation.scope)
    credential.key.expires_at = clock.now() - timedelta(seconds=1)
    credential.key.save()
    return credential.secret


def revoked(owner: Tenant, operation: Operation) -> str:
    credential = make_key(owner, operation.scope)
    revoke_key(key_id=credential.key.pk)
    return credential.secret


def suspended(owner: Tenant, operation: Operation) -> str:
    secret = right(owner, operation)
    Tenant.objects.filter(pk=owner.pk).update(suspended_at=clock.now())
    return secret


def wrong_scope(owner: Tenant, operation: Operation) -> str:
    app, _, verb = operation.scope.partition(":")
    return make_key(owner, f"{app}:{'write' if verb == 'read' else 'read'}", "tenant:read").secret


def wrong_app(owner: Tenant, operation: Operation) -> str:
    app, _, verb = operation.scope.partition(":")
    return make_key(owner, *(f"{other}:{verb}" for other in BY_NAME if other != app)).secret


REFUSED: dict[Callable[[Tenant, Operation], str], tuple[int, str]] = {
    none: (200, "UNAUTHENTICATED"),
    malformed: (401, "UNAUTHENTICATED"),
    damaged: (401, "UNAUTHENTICATED"),
    unknown: (401, "UNAUTHENTICATED"),
    expired: (401, "UNAUTHENTICATED"),
    revoked: (401, "UNAUTHENTICATED"),
    suspended: (401, "UNAUTHENTICATED"),
    wrong_scope: (200, "FORBIDDEN"),
    wrong_app: (200, "FORBIDDEN"),
}


def run(operation: Operation, secret: str, row_id: str) -> Result:
    client = GraphQLClient(secret, f"/{operation.service}/graphql")
    return client(operation.text(row_id), **operation.variables)


def owned_row(owner: Tenant, service: str) -> tuple[Any, str]:
    with in_tenant(owner.pk):
        row = ROWS[service]()
    return type(row), str(row.pk)


def rows(model: Any) -> list[dict[str, Any]]:
    return list(model.across_tenants.order_by("pk").values())


def effect(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """Say what happened between the two, of which the first has one row."""
    if after == before:
        return "none"
    if before[0] in after:
        return "adds"
    return "changes" if len(after) == 1 else "removes"


def refusals(result: Result) -> list[str]:
    """Return the codes of errors in the answer of a mutation, for the whole and for each item."""
    answer = (result.body.get("data") or {}).get("result")
    if not isinstance(answer, dict):
        return []
    told = [answer, *(answer.get("outcomes") or [])]
    return [one["error"]["code"] for one in told if one.get("error")]


each_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda operation: f"{operation.service}.{operation.name}"
)


@pytest.mark.django_db
@each_operation
@pytest.mark.parametrize("credential", [right, everything], ids=lambda one: one.__name__)
def test_the_right_credential_gets_in(
    operation: Operation, credential: Callable[[Tenant, Operation], str]
) -> None:
    owner = make_tenant()
    model, row_id = owned_row(owner, operation.service)
    before = rows(model)

    result = run(operation, credential(owner, operation), row_id)

    assert result.data["result"]
    assert result.data["result"] != [None]
    assert refusals(result) == []
    assert effect(before, rows(model)) == operation.effect


@pytest.mark.django_db
@each_operation
@pytest.mark.parametrize("credential", REFUSED, ids=lambda one: one.__name__)
def test_every_other_credential_is_refused_and_changes_nothing(
    operation: Operation, credential: Callable[[Tenant, Operation], str]
) -> None:
    owner = make_tenant()
    model, row_id = owned_row(owner, operation.service)
    before = rows(model)

    result = run(operation, credential(owner, operation), row_id)

    status, code = REFUSED[credential]
    assert (result.status, result.codes) == (status, [code])
    assert row_id not in str(result.body)
    assert rows(model) == before


@pytest.mark.django_db
@each_operation
def test_another_tenants_key_sees_and_changes_nothing_of_ours(operation: Operation) -> None:
    owner, stranger = make_tenant(), make_tenant()
    model, row_id = owned_row(owner, operation.service)
    before = rows(model)

    result = run(operation, make_key(stranger, operation.scope).secret, row_id)

    assert row_id not in str(result.body.get("data"))
    assert set(result.codes) <= {"NOT_FOUND"}
    named = operation.effect in {"changes", "removes"}
    assert refusals(result) == (["NOT_FOUND"] if named else [])
    assert [row for row in rows(model) if row["tenant_id"] == owner.pk] == before


@pytest.mark.django_db
@each_operation
def test_a_session_needs_membership_scope_and_csrf_token(operation: Operation) -> None:
    owner = make_tenant()
    model, row_id = owned_row(owner, operation.service)
    before = rows(model)
    staff = User.objects.create_user("staff", password="secret", is_staff=True)
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(staff)

    def ask(**headers: str) -> tuple[int, list[str]]:
        response = browser.post(
            f"/{operation.service}/graphql",
            {
                "query": operation.text(row_id),
                "variables": operation.variables,
            },
            content_type="application/json",
            headers=headers,
        )
        return Result(response.status_code, response.json()).status, Result(
            response.status_code, response.json()
        ).codes

    token = "a" * 32
    browser.cookies["csrftoken"] = token
    admit(user=staff, tenant=owner, role=Role.CUSTOM, extra_scopes=[operation.scope])
    without_token = ask()
    admit(user=staff, tenant=owner, role=Role.CUSTOM, extra_scopes=["tenant:read"])
    without_scope = ask(**{"X-CSRFToken": token})
    staff.memberships.all().delete()
    without_membership = ask(**{"X-CSRFToken": token})
    admit(user=staff, tenant=owner, role=Role.CUSTOM, extra_scopes=[operation.scope])
    admitted = ask(**{"X-CSRFToken": token})

    assert without_token == (403, ["FORBIDDEN"])
    assert without_scope == (200, ["FORBIDDEN"])
    assert without_membership == (403, ["FORBIDDEN"])
    assert admitted == (200, [])
    assert effect(before, rows(model)) == operation.effect
