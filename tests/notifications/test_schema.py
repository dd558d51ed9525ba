"""The notifications subgraph, as a client uses it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services import create_notification
from kernel.testing.graphql import GraphQLClient

pytestmark = pytest.mark.usefixtures("tenant")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(
            create_notification(
                recipient="a@example.com",
                channel=NotificationChannel.EMAIL,
                subject=f"number {number}",
            ).pk
        )
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { notification(id: $id) { id subject channel state } }", id=row_id
    ).data["notification"]

    assert row.pop("id") == row_id
    assert row == {"subject": "number 0", "channel": "EMAIL", "state": "QUEUED"}


def test_all_are_listed_with_the_newest_first(graphql: GraphQLClient) -> None:
    ids = make(3)

    page = graphql(
        "{ notifications(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } }"
    ).data

    assert page["notifications"] == {
        "totalCount": 3,
        "nodes": [{"id": ids[2]}, {"id": ids[1]}],
        "pageInfo": {"hasNextPage": True},
    }


def test_references_are_answered_in_one_query_and_in_order(graphql: GraphQLClient) -> None:
    ids = make(20)
    wanted = [{"__typename": "Notification", "id": row_id} for row_id in reversed(ids)]
    document = """query($wanted: [_Any!]!) {
        _entities(representations: $wanted) { ... on Notification { id } } }"""
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
            "{ notifications { nodes { id subject channel state } pageInfo { endCursor } } }"
        ).data["notifications"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"recipient": "b@example.com"}, ["b"]),
        ({"channel": "CHAT"}, ["b"]),
        ({"channel": "PUSH"}, []),
        ({"state": "SENT"}, ["c"]),
        ({"createdFrom": "2024-05-02T00:00:00Z"}, ["c", "b"]),
        ({"createdBefore": "2024-05-02T02:00:00+02:00"}, ["a"]),
        ({"channel": "EMAIL", "createdFrom": "2024-05-02T00:00:00Z"}, ["c"]),
        ({}, ["c", "b", "a"]),
    ],
)
def test_a_filter_lets_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    for day, subject in enumerate("abc", 1):
        row = create_notification(
            recipient=f"{subject}@example.com",
            channel=NotificationChannel.CHAT if subject == "b" else NotificationChannel.EMAIL,
            subject=subject,
        )
        Notification.objects.filter(pk=row.pk).update(
            created_at=datetime(2024, 5, day, tzinfo=UTC),
            state=NotificationState.SENT if subject == "c" else NotificationState.FAILED,
        )

    rows = graphql(
        """query($wanted: NotificationFilter) {
             notifications(filter: $wanted) { nodes { subject } } }""",
        wanted=wanted,
    ).data["notifications"]["nodes"]

    assert [row["subject"] for row in rows] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [("NEWEST_FIRST", "cab"), ("OLDEST_FIRST", "bac")],
)
def test_pages_follow_each_other_in_every_order(
    graphql: GraphQLClient, order: str, found: str
) -> None:
    for subject in "bac":
        create_notification(
            recipient="ada@example.com", channel=NotificationChannel.EMAIL, subject=subject
        )

    seen, after = "", None
    for _ in range(3):
        page = graphql(
            """query($order: NotificationOrder, $after: String) {
                 notifications(order: $order, first: 1, after: $after) {
                   nodes { subject } pageInfo { endCursor } } }""",
            order=order,
            after=after,
        ).data["notifications"]
        seen += page["nodes"][0]["subject"]
        after = page["pageInfo"]["endCursor"]

    assert seen == found
