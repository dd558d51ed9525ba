"""Changes of feature flags through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.config.models import FeatureFlag
from apps.config.services.flags import create_flag
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

CREATE = """
mutation($input: CreateFeatureFlagInput!) {
  change: createFeatureFlag(input: $input) {
    featureFlag { id key description clientVisible } error { code message } } }
"""
UPDATE = """
mutation($input: UpdateFeatureFlagInput!) {
  change: updateFeatureFlag(input: $input) {
    featureFlag { key description clientVisible } error { code message } } }
"""
DELETE = """
mutation($input: DeleteFeatureFlagInput!) {
  change: deleteFeatureFlag(input: $input) { featureFlag { id key } error { code } } }
"""
DELETE_MANY = """
mutation($input: DeleteFeatureFlagsInput!) {
  change: deleteFeatureFlags(input: $input) {
    outcomes { featureFlag { key } error { code } } error { code } } }
"""


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_flag_is_made_changed_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, key="dark-mode", description="Dark")
    row_id = made["featureFlag"].pop("id")
    changed = change(graphql, UPDATE, id=row_id, clientVisible=True)
    removed = change(graphql, DELETE, id=row_id)
    again = change(graphql, DELETE, id=row_id)

    flag = {"key": "dark-mode", "description": "Dark"}
    assert made == {"featureFlag": flag | {"clientVisible": False}, "error": None}
    assert changed == {"featureFlag": flag | {"clientVisible": True}, "error": None}
    assert removed == {"featureFlag": {"id": row_id, "key": "dark-mode"}, "error": None}
    assert again == {"featureFlag": None, "error": {"code": "NOT_FOUND"}}


def test_a_taken_key_is_told_with_its_code(graphql: GraphQLClient) -> None:
    change(graphql, CREATE, key="dark-mode")

    answer = change(graphql, CREATE, key="dark-mode")

    assert answer == {
        "featureFlag": None,
        "error": {"code": "CONFLICT", "message": "there is a feature flag 'dark-mode' already"},
    }
    assert FeatureFlag.objects.count() == 1


def test_null_is_not_the_same_as_nothing_said(graphql: GraphQLClient) -> None:
    flag = create_flag(key="dark-mode", description="Dark")

    answer = change(graphql, UPDATE, id=str(flag.pk), description=None)

    assert answer["error"] == {
        "code": "INVALID_INPUT",
        "message": "description cannot be null",
    }
    assert FeatureFlag.objects.get().description == "Dark"


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    flag = create_flag(key="dark-mode")

    answer = change(graphql, DELETE_MANY, ids=[str(flag.pk), "x"])
    too_many = change(graphql, DELETE_MANY, ids=["x"] * 101)

    assert answer["outcomes"] == [
        {"featureFlag": {"key": "dark-mode"}, "error": None},
        {"featureFlag": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}


@pytest.mark.parametrize("document", [UPDATE, DELETE, DELETE_MANY])
def test_another_tenants_flag_is_not_there_to_be_changed(
    graphql: GraphQLClient, document: str
) -> None:
    flag = create_flag(key="dark-mode", description="Dark")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    told = {"ids": [str(flag.pk)]} if document == DELETE_MANY else {"id": str(flag.pk)}

    answer = change(stranger, document, **told)

    [told_of] = answer["outcomes"] if document == DELETE_MANY else [answer]
    assert told_of["error"]["code"] == "NOT_FOUND"
    assert FeatureFlag.objects.get().description == "Dark"


def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    ids = [str(create_flag(key=f"number {number}").pk) for number in range(22)]

    # The key; then what is looked at, what is written, and the event that tells of it.
    assert len(graphql.sql(CREATE, input={"key": "dark-mode"})) == 3
    assert len(graphql.sql(UPDATE, input={"id": ids[0], "owner": "web"})) == 4
    # Where it is live, then what goes with it: states, versions, rollouts, outcomes and counts.
    assert len(graphql.sql(DELETE, input={"id": ids[1]})) == 11
    assert len(graphql.sql(DELETE_MANY, input={"ids": ids[2:]})) == 11
