"""The documents subgraph, as a client uses it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.documents.models import Document, DocumentFormat, DocumentState
from kernel.testing.graphql import GraphQLClient
from tests.documents.making import asked_for

pytestmark = pytest.mark.usefixtures("tenant")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(asked_for(title=f"number {number}", format=DocumentFormat.PDF).pk)
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


def test_a_page_tells_what_each_is_made_of_by_two_queries_more(graphql: GraphQLClient) -> None:
    make(20)
    asked = "{ documents { nodes { version { number template { title } } } } }"
    graphql("{ __typename }")

    with CaptureQueriesContext(connection) as queries:
        rows = graphql(asked).data["documents"]["nodes"]

    assert rows == [{"version": {"number": 1, "template": {"title": "A letter"}}}] * 20
    assert len(queries) == 4


def test_a_page_costs_one_query_however_long(graphql: GraphQLClient) -> None:
    make(60)
    graphql("{ __typename }")

    with CaptureQueriesContext(connection) as queries:
        rows = graphql(
            "{ documents { nodes { id title format state } pageInfo { endCursor } } }"
        ).data["documents"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"title": "b"}, ["b"]),
        ({"format": "XLSX"}, ["b"]),
        ({"format": "CSV"}, []),
        ({"state": "READY"}, ["c"]),
        ({"createdFrom": "2024-05-02T00:00:00Z"}, ["c", "b"]),
        ({"createdBefore": "2024-05-02T02:00:00+02:00"}, ["a"]),
        ({"format": "PDF", "createdFrom": "2024-05-02T00:00:00Z"}, ["c"]),
        ({}, ["c", "b", "a"]),
    ],
)
def test_a_filter_lets_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    for day, title in enumerate("abc", 1):
        row = asked_for(
            title=title, format=DocumentFormat.XLSX if title == "b" else DocumentFormat.PDF
        )
        Document.objects.filter(pk=row.pk).update(
            created_at=datetime(2024, 5, day, tzinfo=UTC),
            state=DocumentState.READY if title == "c" else DocumentState.FAILED,
        )

    rows = graphql(
        "query($wanted: DocumentFilter) { documents(filter: $wanted) { nodes { title } } }",
        wanted=wanted,
    ).data["documents"]["nodes"]

    assert [row["title"] for row in rows] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [("NEWEST_FIRST", "cab"), ("OLDEST_FIRST", "bac"), ("TITLE", "abc")],
)
def test_pages_follow_each_other_in_every_order(
    graphql: GraphQLClient, order: str, found: str
) -> None:
    for title in "bac":
        asked_for(title=title, format=DocumentFormat.PDF)

    seen, after = "", None
    for _ in range(3):
        page = graphql(
            """query($order: DocumentOrder, $after: String) {
                 documents(order: $order, first: 1, after: $after) {
                   nodes { title } pageInfo { endCursor } } }""",
            order=order,
            after=after,
        ).data["documents"]
        seen += page["nodes"][0]["title"]
        after = page["pageInfo"]["endCursor"]

    assert seen == found
