"""Idempotency keys as a client of GraphQL meets them, on the mutations of flags."""

from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client

from apps.config.models import FeatureFlag
from kernel.identity.models import Tenant
from kernel.testing.tenants import make_key

CREATE = """
mutation($input: CreateFeatureFlagInput!) {
  createFeatureFlag(input: $input) { featureFlag { id key clientVisible } error { code message } } }
"""
UPDATE = """
mutation($input: UpdateFeatureFlagInput!) {
  updateFeatureFlag(input: $input) { featureFlag { id clientVisible } error { code message } } }
"""
DELETE = """
mutation($input: DeleteFeatureFlagInput!) {
  deleteFeatureFlag(input: $input) {
    featureFlag { id key clientVisible description } error { code } } }
"""
TWO = """
mutation($one: CreateFeatureFlagInput!, $other: CreateFeatureFlagInput!) {
  ...First b: createFeatureFlag(input: $other) { featureFlag { id } error { code } } }
fragment First on Mutation {
  a: createFeatureFlag(input: $one) { featureFlag { id } error { code } } }
"""


class Caller:
    """Sends documents with one credential, and with headers."""

    def __init__(self, tenant: Tenant) -> None:
        self._secret = make_key(tenant).secret

    def __call__(
        self, query: str, variables: dict[str, Any] | None = None, key: str | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._secret}"}
        return Client(raise_request_exception=False).post(
            "/config/graphql",
            {"query": query, "variables": variables or {}},
            content_type="application/json",
            headers=headers if key is None else headers | {"Idempotency-Key": key},
        )

    def change(self, query: str, header: str | None = None, **sent: Any) -> Any:
        answer = self(query, {"input": sent}, header).json()
        assert "errors" not in answer, answer
        (changed,) = answer["data"].values()
        return changed


def test_another_input_under_the_same_key_is_refused_and_changes_nothing(tenant: Tenant) -> None:
    caller = Caller(tenant)
    caller.change(CREATE, key="a", idempotencyKey="k")

    answer = caller.change(CREATE, key="b", idempotencyKey="k")

    assert answer["error"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert FeatureFlag.objects.count() == 1


def test_a_failure_is_told_again_even_when_it_would_now_succeed(tenant: Tenant) -> None:
    caller = Caller(tenant)
    flag = caller.change(CREATE, key="a")["featureFlag"]
    refused = caller(CREATE, {"input": {"key": "a", "idempotencyKey": "k"}})
    FeatureFlag.objects.filter(pk=flag["id"]).delete()

    again = caller(CREATE, {"input": {"key": "a", "idempotencyKey": "k"}})

    assert again.json()["data"] == refused.json()["data"]
    assert again.json()["data"]["createFeatureFlag"]["error"]["code"] == "CONFLICT"
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_row_is_shown_as_it_is_now_and_a_removed_one_as_it_was(tenant: Tenant) -> None:
    caller = Caller(tenant)
    flag = caller.change(CREATE, key="a", description="Zoë", idempotencyKey="k-1")["featureFlag"]
    caller.change(UPDATE, id=flag["id"], clientVisible=True)

    made_again = caller.change(CREATE, key="a", description="Zoë", idempotencyKey="k-1")
    removed, removed_again = (
        caller.change(DELETE, id=flag["id"], idempotencyKey="k-2") for _ in range(2)
    )

    assert made_again["featureFlag"] == flag | {"clientVisible": True}
    assert removed_again == removed
    assert removed["featureFlag"] == flag | {"clientVisible": True, "description": "Zoë"}


def test_of_a_row_that_was_removed_since_it_is_told_that_it_is_gone(tenant: Tenant) -> None:
    caller = Caller(tenant)
    flag = caller.change(CREATE, key="a", idempotencyKey="k")["featureFlag"]
    caller.change(DELETE, id=flag["id"])

    again = caller.change(CREATE, key="a", idempotencyKey="k")

    assert again["featureFlag"] is None
    assert again["error"]["code"] == "NOT_FOUND"
    assert FeatureFlag.objects.count() == 0


def test_a_row_that_the_caller_may_no_longer_see_is_not_shown_again(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(tenant)
    flag = caller.change(CREATE, key="a", idempotencyKey="k")["featureFlag"]
    hidden = replace(FeatureFlag.access, rows=lambda _principal: Q(client_visible=True))
    monkeypatch.setattr(FeatureFlag, "access", hidden)

    again = caller.change(CREATE, key="a", idempotencyKey="k")

    assert again["featureFlag"] is None
    assert again["error"]["code"] == "NOT_FOUND"
    assert FeatureFlag.objects.filter(pk=flag["id"]).exists()


def test_a_header_is_for_a_request_with_one_mutation(tenant: Tenant) -> None:
    answer = Caller(tenant)(TWO, {"one": {"key": "a"}, "other": {"key": "b"}}, key="k").json()

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    assert FeatureFlag.objects.count() == 0


def test_mutations_of_one_request_may_each_have_a_key(tenant: Tenant) -> None:
    caller = Caller(tenant)
    variables = {
        "one": {"key": "a", "idempotencyKey": "k-1"},
        "other": {"key": "b", "idempotencyKey": "k-2"},
    }
    first = caller(TWO, variables).json()
    caller.change(CREATE, key="c", idempotencyKey="k-3")
    variables["other"] = {"key": "d", "idempotencyKey": "k-4"}

    second = caller(TWO, variables).json()

    assert second["data"]["a"] == first["data"]["a"]
    assert second["extensions"]["replayed"] == ["a"]
    assert FeatureFlag.objects.count() == 4


def test_header_and_input_name_the_same_key_or_only_one_of_them(tenant: Tenant) -> None:
    caller = Caller(tenant)

    same = caller.change(CREATE, '"k"', key="a", idempotencyKey="k")
    other = caller.change(CREATE, "k", key="b", idempotencyKey="l")

    assert same["error"] is None
    assert other["error"]["code"] == "INVALID_INPUT"
    assert FeatureFlag.objects.count() == 1


def test_what_is_no_key_is_told_and_changes_nothing(tenant: Tenant) -> None:
    caller = Caller(tenant)

    by_input = caller.change(CREATE, key="a", idempotencyKey="two words")
    by_header = caller.change(CREATE, "x" * 256, key="a")
    empty = caller.change(CREATE, '""', key="a")

    assert {one["error"]["code"] for one in (by_input, by_header, empty)} == {"INVALID_INPUT"}
    assert FeatureFlag.objects.count() == 0


def test_a_query_does_not_mind_the_header(tenant: Tenant) -> None:
    answer = Caller(tenant)("{ a: featureFlags { totalCount } b: __typename }", key="k")

    assert answer.json()["data"]["a"] == {"totalCount": 0}
