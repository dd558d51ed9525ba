"""The config subgraph, as a client uses it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.models import FeatureFlag
from apps.config.services.flags import create_flag
from kernel.testing.graphql import GraphQLClient

pytestmark = pytest.mark.usefixtures("tenant")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(create_flag(key=f"number {number}", description="A switch").pk)
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { featureFlag(id: $id) { id key description clientVisible } }", id=row_id
    ).data["featureFlag"]

    assert row.pop("id") == row_id
    assert row == {"key": "number 0", "description": "A switch", "clientVisible": False}


def test_all_are_listed_with_the_newest_first(graphql: GraphQLClient) -> None:
    ids = make(3)

    page = graphql(
        "{ featureFlags(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } }"
    ).data

    assert page["featureFlags"] == {
        "totalCount": 3,
        "nodes": [{"id": ids[2]}, {"id": ids[1]}],
        "pageInfo": {"hasNextPage": True},
    }


def test_references_are_answered_in_one_query_and_in_order(graphql: GraphQLClient) -> None:
    ids = make(20)
    wanted = [{"__typename": "FeatureFlag", "id": row_id} for row_id in reversed(ids)]
    document = """query($wanted: [_Any!]!) {
        _entities(representations: $wanted) { ... on FeatureFlag { id } } }"""
    graphql("{ __typename }")

    with CaptureQueriesContext(connection) as queries:
        found = graphql(document, wanted=wanted).data["_entities"]

    assert [row["id"] for row in found] == ids[::-1]
    # The key, and the rows.
    assert len(queries) == 2


def test_a_page_costs_one_query_however_long(graphql: GraphQLClient) -> None:
    make(60)
    graphql("{ __typename }")

    with CaptureQueriesContext(connection) as queries:
        rows = graphql(
            "{ featureFlags { nodes { id key description clientVisible } pageInfo { endCursor } } }"
        ).data["featureFlags"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"keys": ["b", "c", "none"]}, ["c", "b"]),
        ({"keys": []}, []),
        ({"clientVisible": True}, ["b"]),
        ({"clientVisible": False}, ["c", "a"]),
        ({"createdFrom": "2024-05-02T00:00:00Z"}, ["c", "b"]),
        ({"createdBefore": "2024-05-02T02:00:00+02:00"}, ["a"]),
        ({"clientVisible": False, "createdFrom": "2024-05-02T00:00:00Z"}, ["c"]),
        ({}, ["c", "b", "a"]),
    ],
)
def test_a_filter_lets_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    for day, key in enumerate("abc", 1):
        flag = create_flag(key=key, client_visible=key == "b")
        FeatureFlag.objects.filter(pk=flag.pk).update(created_at=datetime(2024, 5, day, tzinfo=UTC))

    rows = graphql(
        "query($wanted: FeatureFlagFilter) { featureFlags(filter: $wanted) { nodes { key } } }",
        wanted=wanted,
    ).data["featureFlags"]["nodes"]

    assert [row["key"] for row in rows] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [("NEWEST_FIRST", "cab"), ("OLDEST_FIRST", "bac"), ("KEY", "abc")],
)
def test_pages_follow_each_other_in_every_order(
    graphql: GraphQLClient, order: str, found: str
) -> None:
    for key in "bac":
        create_flag(key=key)

    seen, after = "", None
    for _ in range(3):
        page = graphql(
            """query($order: FeatureFlagOrder, $after: String) {
                 featureFlags(order: $order, first: 1, after: $after) {
                   nodes { key } pageInfo { endCursor } } }""",
            order=order,
            after=after,
        ).data["featureFlags"]
        seen += page["nodes"][0]["key"]
        after = page["pageInfo"]["endCursor"]

    assert seen == found


@pytest.mark.parametrize("moment", ["2024-05-01T12:00:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_is_none_is_refused(graphql: GraphQLClient, moment: str) -> None:
    result = graphql(
        "query($wanted: FeatureFlagFilter) { featureFlags(filter: $wanted) { totalCount } }",
        wanted={"createdFrom": moment},
    )

    assert result.codes == ["INVALID_INPUT"]


def test_more_keys_than_a_statement_takes_are_refused(graphql: GraphQLClient) -> None:
    result = graphql(
        "query($keys: [String!]) { featureFlags(filter: {keys: $keys}) { totalCount } }",
        keys=["k"] * 101,
    )

    assert result.codes == ["LIMIT_EXCEEDED"]
    assert result.body["errors"][0]["message"] == (
        "the filter by keys holds at most 100 items a call, found 101"
    )
