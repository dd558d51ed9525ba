"""Changes of job schedules through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.scheduler.models import JobSchedule
from apps.scheduler.services.schedules import create_schedule
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

CREATE = """
mutation($input: CreateJobScheduleInput!) {
  change: createJobSchedule(input: $input) {
    jobSchedule { id name cron timeZone enabled } error { code message } } }
"""
UPDATE = """
mutation($input: UpdateJobScheduleInput!) {
  change: updateJobSchedule(input: $input) {
    jobSchedule { name cron timeZone enabled } error { code message } } }
"""
DELETE = """
mutation($input: DeleteJobScheduleInput!) {
  change: deleteJobSchedule(input: $input) { jobSchedule { id name } error { code } } }
"""
DELETE_MANY = """
mutation($input: DeleteJobSchedulesInput!) {
  change: deleteJobSchedules(input: $input) {
    outcomes { jobSchedule { name } error { code } } error { code } } }
"""


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_schedule_is_made_changed_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, name="nightly", cron="0 3 * * *", timeZone="Europe/Amsterdam")
    row_id = made["jobSchedule"].pop("id")
    changed = change(graphql, UPDATE, id=row_id, enabled=False, timeZone="UTC")
    removed = change(graphql, DELETE, id=row_id)
    again = change(graphql, DELETE, id=row_id)

    schedule = {"name": "nightly", "cron": "0 3 * * *"}
    amsterdam = {"timeZone": "Europe/Amsterdam", "enabled": True}
    assert made == {"jobSchedule": schedule | amsterdam, "error": None}
    assert changed == {
        "jobSchedule": schedule | {"timeZone": "UTC", "enabled": False},
        "error": None,
    }
    assert removed == {"jobSchedule": {"id": row_id, "name": "nightly"}, "error": None}
    assert again == {"jobSchedule": None, "error": {"code": "NOT_FOUND"}}


def test_times_that_cannot_be_are_told_with_their_code(graphql: GraphQLClient) -> None:
    answer = change(graphql, CREATE, name="nightly", cron="at three", timeZone="UTC")

    assert answer == {
        "jobSchedule": None,
        "error": {
            "code": "SCHEDULER_TIMES_REFUSED",
            "message": "a cron expression has 5 fields, or 6 with seconds, or 7 with years,"
            " found 2, at character 9; such as `0 3 * * *` for three in the morning",
        },
    }
    assert JobSchedule.objects.count() == 0


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    schedule = create_schedule(name="nightly", cron="0 3 * * *")

    answer = change(graphql, DELETE_MANY, ids=[str(schedule.pk), "x"])
    too_many = change(graphql, DELETE_MANY, ids=["x"] * 101)

    assert answer["outcomes"] == [
        {"jobSchedule": {"name": "nightly"}, "error": None},
        {"jobSchedule": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}


@pytest.mark.parametrize("document", [UPDATE, DELETE, DELETE_MANY])
def test_another_tenants_schedule_is_not_there_to_be_changed(
    graphql: GraphQLClient, document: str
) -> None:
    schedule = create_schedule(name="nightly", cron="0 3 * * *")
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    told: dict[str, Any] = {"id": str(schedule.pk)}
    if document == UPDATE:
        told["enabled"] = False
    if document == DELETE_MANY:
        told = {"ids": [str(schedule.pk)]}

    answer = change(stranger, document, **told)

    [told_of] = answer["outcomes"] if document == DELETE_MANY else [answer]
    assert told_of["error"]["code"] == "NOT_FOUND"
    assert JobSchedule.objects.get().enabled


def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient) -> None:
    ids = [str(create_schedule(name=f"number {n}", cron="0 3 29 2 *").pk) for n in range(22)]

    # The key; then what is looked at, what is written, and the event that tells of it. A new one
    # has a version; one that goes takes jobs, runs and versions along.
    made = {"name": "hourly", "cron": "0 * * * *"}
    counts = [
        len(graphql.sql(CREATE, input=made)),
        len(graphql.sql(UPDATE, input={"id": ids[0], "enabled": False})),
        len(graphql.sql(UPDATE, input={"id": ids[0], "cron": "1 * * * *"})),
        len(graphql.sql(DELETE, input={"id": ids[1]})),
        len(graphql.sql(DELETE_MANY, input={"ids": ids[2:]})),
    ]
    assert counts == [5, 4, 5, 8, 8]
