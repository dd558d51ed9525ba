"""The files subgraph, as a client uses it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.files.models import File, FileState
from apps.files.services import create_file
from kernel.testing.graphql import GraphQLClient

pytestmark = pytest.mark.usefixtures("tenant")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(
            create_file(
                name=f"number {number}", content_type="text/csv", size_bytes=5_000_000_000
            ).pk
        )
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { file(id: $id) { id name contentType sizeBytes state } }", id=row_id
    ).data["file"]

    assert row.pop("id") == row_id
    assert row == {
        "name": "number 0",
        "contentType": "text/csv",
        "sizeBytes": 5_000_000_000,
        "state": "QUARANTINED",
    }


def test_all_are_listed_with_the_newest_first(graphql: GraphQLClient) -> None:
    ids = make(3)

    page = graphql("{ files(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } }").data

    assert page["files"] == {
        "totalCount": 3,
        "nodes": [{"id": ids[2]}, {"id": ids[1]}],
        "pageInfo": {"hasNextPage": True},
    }


def test_references_are_answered_in_one_query_and_in_order(graphql: GraphQLClient) -> None:
    ids = make(20)
    wanted = [{"__typename": "File", "id": row_id} for row_id in reversed(ids)]
    document = """query($wanted: [_Any!]!) {
        _entities(representations: $wanted) { ... on File { id } } }"""
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
            "{ files { nodes { id name contentType sizeBytes state } pageInfo { endCursor } } }"
        ).data["files"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": "b"}, ["b"]),
        ({"contentType": "text/csv"}, ["b"]),
        ({"contentType": "text"}, []),
        ({"state": "CLEAN"}, ["c"]),
        ({"createdFrom": "2024-05-02T00:00:00Z"}, ["c", "b"]),
        ({"createdBefore": "2024-05-02T02:00:00+02:00"}, ["a"]),
        ({"contentType": "image/png", "createdFrom": "2024-05-02T00:00:00Z"}, ["c"]),
        ({}, ["c", "b", "a"]),
    ],
)
def test_a_filter_lets_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    for day, name in enumerate("abc", 1):
        row = create_file(
            name=name, content_type="text/csv" if name == "b" else "image/png", size_bytes=1
        )
        File.objects.filter(pk=row.pk).update(
            created_at=datetime(2024, 5, day, tzinfo=UTC),
            state=FileState.CLEAN if name == "c" else FileState.INFECTED,
        )

    rows = graphql(
        "query($wanted: FileFilter) { files(filter: $wanted) { nodes { name } } }",
        wanted=wanted,
    ).data["files"]["nodes"]

    assert [row["name"] for row in rows] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [("NEWEST_FIRST", "cab"), ("OLDEST_FIRST", "bac"), ("NAME", "abc")],
)
def test_pages_follow_each_other_in_every_order(
    graphql: GraphQLClient, order: str, found: str
) -> None:
    for name in "bac":
        create_file(name=name, content_type="text/csv", size_bytes=1)

    seen, after = "", None
    for _ in range(3):
        page = graphql(
            """query($order: FileOrder, $after: String) {
                 files(order: $order, first: 1, after: $after) {
                   nodes { name } pageInfo { endCursor } } }""",
            order=order,
            after=after,
        ).data["files"]
        seen += page["nodes"][0]["name"]
        after = page["pageInfo"]["endCursor"]

    assert seen == found
