"""The config subgraph, as a client uses it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.services import create_flag
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the config subgraph."""
    return GraphQLClient(make_key(tenant).secret, "/config/graphql")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(create_flag(key=f"number {number}", description="A switch").pk)
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { featureFlag(id: $id) { id key description enabled } }", id=row_id
    ).data["featureFlag"]

    assert row.pop("id") == row_id
    assert row == {"key": "number 0", "description": "A switch", "enabled": False}


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
            "{ featureFlags { nodes { id key description enabled } pageInfo { endCursor } } }"
        ).data["featureFlags"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2
