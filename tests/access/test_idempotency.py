"""Every mutation under an idempotency key: done once, answered the same, by the rights of today."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLInputObjectType, GraphQLNonNull

from kernel.idempotency.models import KeyedRequest
from kernel.identity.models import ApiKey
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import Credential, make_key, make_tenant
from project.graph import subgraph
from tests.access.operations import OPERATIONS, Operation
from tests.access.outcomes import effect, owned_row, rows
from tests.access.rows import ROWS

# What is kept of a key, and how, is in tests/kernel/idempotency; that runs on each database.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MUTATIONS = [operation for operation in OPERATIONS if operation.effect != "none"]
#: The audit log keeps a key as long as its entry, for the tenant, and does not say what is new.
KEPT_BY_THE_APP = {"createAuditLog"}

each_mutation = pytest.mark.parametrize(
    "operation", MUTATIONS, ids=lambda operation: f"{operation.service}.{operation.name}"
)


def with_key(operation: Operation, row_id: str, key: str) -> dict[str, Any]:
    """Return the request with the key in the input of its mutation."""
    text, variables = operation.text(row_id), dict(operation.variables)
    if "input" in variables:
        variables["input"] = variables["input"] | {"idempotencyKey": key}
    else:
        text = re.sub(r"input: \{", f'input: {{idempotencyKey: "{key}", ', text)
    return {"query": text, "variables": variables}


def send(operation: Operation, body: Any, secret: str, **headers: str) -> Any:
    return Client(raise_request_exception=False).post(
        f"/{operation.service}/graphql",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", **headers},
    )


@each_mutation
def test_every_mutation_takes_a_key(operation: Operation) -> None:
    root = subgraph(operation.service).schema.mutation_type
    assert root is not None
    input_type = root.fields[operation.name].args["input"].type
    assert isinstance(input_type, GraphQLNonNull)
    assert isinstance(input_type.of_type, GraphQLInputObjectType)

    assert "idempotencyKey" in input_type.of_type.fields


@each_mutation
@pytest.mark.parametrize("way", ["by input", "by header"])
def test_sent_again_with_its_key_it_is_done_once_and_answered_the_same(
    operation: Operation, way: str
) -> None:
    owner = make_tenant()
    model, row_id = owned_row(owner, operation)
    secret = make_key(owner, operation.scope).secret
    plain = {"query": operation.text(row_id), "variables": operation.variables}
    body, headers = (
        (with_key(operation, row_id, "k-1"), {})
        if way == "by input"
        else (plain, {"Idempotency-Key": '"k-1"'})
    )
    before = rows(model)

    first = send(operation, body, secret, **headers)
    after = rows(model)
    second = send(operation, body, secret, **headers)

    assert first.json()["data"]["result"]
    assert "Idempotent-Replayed" not in first.headers
    assert effect(before, after) == operation.effect
    assert rows(model) == after
    assert second.json()["data"] == first.json()["data"]
    if operation.name not in KEPT_BY_THE_APP:
        assert second.headers["Idempotent-Replayed"] == "true"
        assert second.json()["extensions"]["replayed"] == ["result"]


@each_mutation
def test_who_has_lost_the_scope_is_shown_nothing_of_what_was_done(operation: Operation) -> None:
    owner = make_tenant()
    _, row_id = owned_row(owner, operation)
    credential = make_key(owner, operation.scope)
    body = with_key(operation, row_id, "k-1")
    made = send(operation, body, credential.secret).content.decode()
    _limit(credential, f"{operation.scope.partition(':')[0]}:read")

    refused = send(operation, body, credential.secret)

    assert refused.json()["data"] is None
    assert [one["extensions"]["code"] for one in refused.json()["errors"]] == ["FORBIDDEN"]
    told = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", made))
    assert not [row_id for row_id in told if row_id in refused.content.decode()]


@each_mutation
def test_another_tenants_caller_with_the_same_key_is_shown_nothing(operation: Operation) -> None:
    owner, stranger = make_tenant(), make_tenant()
    _, row_id = owned_row(owner, operation)
    body = with_key(operation, row_id, "k-1")
    made = send(operation, body, make_key(owner, operation.scope).secret).content.decode()
    with in_tenant(stranger.pk):
        ROWS[operation.service]()

    other = send(operation, body, make_key(stranger, operation.scope).secret)

    assert "Idempotent-Replayed" not in other.headers
    shown = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", made))
    assert not [one for one in shown if f'"id": "{one}"' in other.content.decode()]


@each_mutation
def test_without_a_key_it_costs_no_query_more(operation: Operation) -> None:
    owner = make_tenant()
    _, row_id = owned_row(owner, operation)
    secret = make_key(owner, operation.scope).secret
    body = {"query": operation.text(row_id), "variables": operation.variables}

    with CaptureQueriesContext(connection) as captured:
        send(operation, body, secret)

    assert not [one["sql"] for one in captured if KeyedRequest._meta.db_table in one["sql"]]


def _limit(credential: Credential, scope: str) -> None:
    ApiKey.objects.filter(pk=credential.key.pk).update(scopes=[scope])
