"""The scheduler subgraph, as a client uses it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.scheduler.models import JobSchedule
from apps.scheduler.services.schedules import create_schedule
from kernel.testing.graphql import GraphQLClient

pytestmark = pytest.mark.usefixtures("tenant")


def make(count: int) -> list[str]:
    """Make so many and return their ids, the oldest first."""
    return [
        str(
            create_schedule(
                name=f"number {number}", cron="0 3 * * *", time_zone="Europe/Amsterdam"
            ).pk
        )
        for number in range(count)
    ]


def test_one_is_shown_with_every_field(graphql: GraphQLClient) -> None:
    (row_id,) = make(1)

    row = graphql(
        "query($id: ID!) { jobSchedule(id: $id) { id name cron timeZone enabled } }", id=row_id
    ).data["jobSchedule"]

    assert row.pop("id") == row_id
    assert row == {
        "name": "number 0",
        "cron": "0 3 * * *",
        "timeZone": "Europe/Amsterdam",
        "enabled": True,
    }


def test_all_are_listed_with_the_newest_first(graphql: GraphQLClient) -> None:
    ids = make(3)

    page = graphql(
        "{ jobSchedules(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } }"
    ).data

    assert page["jobSchedules"] == {
        "totalCount": 3,
        "nodes": [{"id": ids[2]}, {"id": ids[1]}],
        "pageInfo": {"hasNextPage": True},
    }


def test_references_are_answered_in_one_query_and_in_order(graphql: GraphQLClient) -> None:
    ids = make(20)
    wanted = [{"__typename": "JobSchedule", "id": row_id} for row_id in reversed(ids)]
    document = """query($wanted: [_Any!]!) {
        _entities(representations: $wanted) { ... on JobSchedule { id } } }"""
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
            "{ jobSchedules { nodes { id name cron timeZone enabled } pageInfo { endCursor } } }"
        ).data["jobSchedules"]["nodes"]

    assert len(rows) == 50
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": "b"}, ["b"]),
        ({"enabled": True}, ["b"]),
        ({"enabled": False}, ["c", "a"]),
        ({"createdFrom": "2024-05-02T00:00:00Z"}, ["c", "b"]),
        ({"createdBefore": "2024-05-02T02:00:00+02:00"}, ["a"]),
        ({"enabled": False, "createdFrom": "2024-05-02T00:00:00Z"}, ["c"]),
        ({}, ["c", "b", "a"]),
    ],
)
def test_a_filter_lets_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    for day, name in enumerate("abc", 1):
        row = create_schedule(name=name, cron="0 3 * * *", enabled=name == "b")
        JobSchedule.objects.filter(pk=row.pk).update(created_at=datetime(2024, 5, day, tzinfo=UTC))

    rows = graphql(
        "query($wanted: JobScheduleFilter) { jobSchedules(filter: $wanted) { nodes { name } } }",
        wanted=wanted,
    ).data["jobSchedules"]["nodes"]

    assert [row["name"] for row in rows] == found


@pytest.mark.parametrize(
    ("order", "found"),
    [("NEWEST_FIRST", "cab"), ("OLDEST_FIRST", "bac"), ("NAME", "abc")],
)
def test_pages_follow_each_other_in_every_order(
    graphql: GraphQLClient, order: str, found: str
) -> None:
    for name in "bac":
        create_schedule(name=name, cron="0 3 * * *")

    seen, after = "", None
    for _ in range(3):
        page = graphql(
            """query($order: JobScheduleOrder, $after: String) {
                 jobSchedules(order: $order, first: 1, after: $after) {
                   nodes { name } pageInfo { endCursor } } }""",
            order=order,
            after=after,
        ).data["jobSchedules"]
        seen += page["nodes"][0]["name"]
        after = page["pageInfo"]["endCursor"]

    assert seen == found
