"""The documents subgraph, as a client uses it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.documents.models import DocumentFormat
from apps.documents.services import create_document
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the documents subgraph."""
    return GraphQLClient(make_key(tenant).secret, "/documents/graphql")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(create_document(title=f"number {number}", format=DocumentFormat.PDF).pk)
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { document(id: $id) { id title format state } }", id=row_id
    ).data["document"]

    assert row.pop("id") == row_id
    assert row == {"title": "number 0", "format": "PDF", "state": "QUEUED"}


def test_all_are_listed_with_the_newest_first(graphql: GraphQLClient) -> None:
    ids = make(3)

    page = graphql(
        "{ documents(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } }"
    ).data

    assert page["documents"] == {
        "totalCount": 3,
        "nodes": [{"id": ids[2]}, {"id": ids[1]}],
        "pageInfo": {"hasNextPage": True},
    }


def test_references_are_answered_in_one_query_and_in_order(graphql: GraphQLClient) -> None:
    ids = make(20)
    wanted = [{"__typename": "Document", "id": row_id} for row_id in reversed(ids)]
    document = """query($wanted: [_Any!]!) {
        _entities(representations: $wanted) { ... on Document { id } } }"""
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
            "{ documents { nodes { id title format state } pageInfo { endCursor } } }"
        ).data["documents"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2
