"""Schedules, runs and previews through GraphQL, as a client uses them."""

from datetime import datetime
from typing import Any

import pytest

from apps.scheduler.models import JobSchedule
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.scheduler.factories import NOON, fire, make, work

AT = NOON.replace(minute=0)


def test_a_schedule_tells_when_it_is_due_and_how_it_went(graphql: GraphQLClient) -> None:
    schedule = make(cron="0 9 * * 1-5", time_zone="Europe/Amsterdam", tags=["office"])
    fire(schedule, NOON.replace(hour=7, minute=0))
    work()

    told = graphql(
        """query($id: ID!) { jobSchedule(id: $id) {
             description(language: "nl") tags kind overlap lastStates version pingPath
             nextRuns(first: 2) versions { number definition changedBy } }
           jobRuns(filter: {scheduleId: $id}, first: 1) { nodes {
               kind state attempt error { code } lines { text } schedule { name } } } }""",
        id=str(schedule.pk),
    ).data
    runs = told["jobRuns"]["nodes"]
    told = told["jobSchedule"]

    due = [datetime.fromisoformat(one) for one in told.pop("nextRuns")]
    (version,) = told.pop("versions")
    assert len(due) == 2
    assert all(one.weekday() < 5 for one in due)
    assert (version["number"], version["definition"]["cron"]) == (1, "0 9 * * 1-5")
    assert told == {
        "description": "Om 09:00 van maandag tot en met vrijdag",
        "tags": ["office"],
        "kind": "CRON",
        "overlap": "SKIP",
        "lastStates": ["SUCCEEDED"],
        "version": 1,
        "pingPath": None,
    }
    assert runs == [
        {
            "kind": "SCHEDULED",
            "state": "SUCCEEDED",
            "attempt": 1,
            "error": None,
            "lines": [{"text": "succeeded"}],
            "schedule": {"name": "hourly"},
        }
    ]


def test_everything_can_be_said_and_is_kept(graphql: GraphQLClient) -> None:
    said: dict[str, Any] = {
        "name": "monthly",
        "owner": "finance",
        "tags": ["a"],
        "kind": "RULE",
        "rule": "FREQ=MONTHLY;BYDAY=-1FR",
        "anchorAt": "2026-01-01T09:00:00+00:00",
        "timeZone": "Europe/Amsterdam",
        "dstPolicy": "SKIP",
        "calendar": {"country": "NL", "holidays": True},
        "jitterSeconds": 10,
        "startsAt": "2026-01-01T00:00:00+00:00",
        "endsAt": "2099-01-01T00:00:00+00:00",
        "maximumRuns": 9,
        "targetKind": "WEBHOOK",
        "target": "https://hooks.example/x",
        "parameters": {"a": [1]},
        "overlap": "BUFFER_ALL",
        "misfire": "FIRE_ALL",
        "misfireCap": 5,
        "catchUpSeconds": 60,
        "timeoutSeconds": 61,
        "maximumAttempts": 4,
        "retrySeconds": 62,
        "concurrencyGroup": "g",
        "concurrencyLimit": 2,
        "graceSeconds": 63,
        "disableAfter": 6,
        "keepRunsDays": 7,
        "flag": "nightly",
        "enabled": True,
    }
    secret = {"webhookSecret": "whsec_" + "A" * 32}

    made = graphql(
        f"""mutation($input: CreateJobScheduleInput!) {{
              createJobSchedule(input: $input) {{
                jobSchedule {{ {" ".join(said)} }} error {{ message }} }} }}""",
        input=said | secret,
    ).data["createJobSchedule"]

    assert made == {"jobSchedule": said, "error": None}
    assert JobSchedule.objects.get().webhook_secret is not None


def test_runs_are_asked_for_stopped_and_filtered(graphql: GraphQLClient) -> None:
    schedule = make()
    asked = graphql(
        """mutation($id: ID!) { triggerJobSchedule(input: {id: $id, parameters: {a: 1}}) {
             jobRun { id kind parameters } error { code } } }""",
        id=str(schedule.pk),
    ).data["triggerJobSchedule"]["jobRun"]
    stopped = graphql(
        """mutation($id: ID!) { cancelJobRun(input: {id: $id}) {
             jobRun { state } error { code } } }""",
        id=asked["id"],
    ).data["cancelJobRun"]
    again = graphql(
        """mutation($id: ID!) { terminateJobRun(input: {id: $id}) {
             jobRun { state } error { code } } }""",
        id=asked["id"],
    ).data["terminateJobRun"]
    found = graphql(
        """query($id: ID!) {
             all: jobRuns(filter: {scheduleId: $id}) { totalCount }
             one: jobRuns(filter: {scheduleId: $id, state: CANCELLED, kind: MANUAL}) { totalCount }
             none: jobRuns(filter: {scheduleId: $id, state: FAILED}) { totalCount } }""",
        id=str(schedule.pk),
    ).data

    assert (asked["kind"], asked["parameters"]) == ("MANUAL", {"a": 1})
    assert stopped == {"jobRun": {"state": "CANCELLED"}, "error": None}
    assert again == {"jobRun": None, "error": {"code": "CONFLICT"}}
    assert [found[name]["totalCount"] for name in ("all", "one", "none")] == [1, 1, 0]


def test_a_range_is_counted_before_it_is_run(graphql: GraphQLClient) -> None:
    schedule = make()
    told = {
        "id": str(schedule.pk),
        "since": "2020-06-01T00:00:00+00:00",
        "until": "2020-06-01T03:00:00+00:00",
    }

    counted = graphql(
        """query($id: ID!, $since: DateTime!, $until: DateTime!) {
             jobScheduleBackfill(id: $id, since: $since, until: $until) { times leftOut runs } }""",
        **told,
    ).data["jobScheduleBackfill"]
    made = graphql(
        """mutation($input: BackfillJobScheduleInput!) {
             backfillJobSchedule(input: $input) {
               jobSchedule { name } error { code } } }""",
        input=told,
    ).data["backfillJobSchedule"]
    runs = graphql("{ jobRuns { nodes { kind } } }").data["jobRuns"]["nodes"]

    assert counted == {"times": 3, "leftOut": 0, "runs": 3}
    assert made == {"jobSchedule": {"name": "hourly"}, "error": None}
    assert runs == [{"kind": "BACKFILL"}] * 3


def test_an_expression_is_told_before_it_is_saved(graphql: GraphQLClient) -> None:
    told = graphql(
        """{ good: cronPreview(cron: "30 2 * * *", timeZone: "Europe/Amsterdam", language: "de",
                   first: 2) { description nextRuns findings { code } problem { message } }
             bad: cronPreview(cron: "0 24 * * *") {
               description nextRuns problem { message position hint } } }"""
    ).data

    good, bad = told["good"], told["bad"]
    assert (good["description"], good["problem"]) == ("Um 02:30", None)
    assert len(good["nextRuns"]) == 2
    assert {one["code"] for one in good["findings"]} == {"gap", "overlap"}
    assert bad == {
        "description": "",
        "nextRuns": [],
        "problem": {
            "message": "hour: 24 is not within 0 to 23",
            "position": 2,
            "hint": "midnight is hour 0",
        },
    }


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{ cronPreview(cron: "* * * * *", timeZone: "Mars") { description } }', "INVALID_INPUT"),
        ('{ cronPreview(cron: "* * * * *", first: 51) { description } }', "LIMIT_EXCEEDED"),
        ("{ jobSchedules { nodes { nextRuns(first: 51) } } }", "LIMIT_EXCEEDED"),
    ],
)
def test_what_asks_for_too_much_is_refused(
    graphql: GraphQLClient, document: str, code: str
) -> None:
    make()

    assert graphql(document).codes == [code]


def test_what_is_no_expression_is_described_as_well(graphql: GraphQLClient) -> None:
    first = make(name="a", kind="interval", cron="", every_seconds=900)
    make(name="b", kind="rule", cron="", rule="FREQ=DAILY;BYHOUR=9")
    make(name="c", kind="after", cron="", after_id=str(first.pk))

    found = graphql("{ jobSchedules(order: NAME) { nodes { description } } }").data

    assert [one["description"] for one in found["jobSchedules"]["nodes"]] == [
        "Every 15 minutes",
        "By the rule FREQ=DAILY;BYHOUR=9",
        "After another has succeeded",
    ]


def test_where_a_ping_goes_is_for_who_may_write(graphql: GraphQLClient, tenant: Tenant) -> None:
    make(target_kind="ping", grace_seconds=60)
    document = "{ jobSchedules { nodes { pingPath } } }"
    reader = GraphQLClient(make_key(tenant, "scheduler:read").secret, graphql.path)

    (shown,) = graphql(document).data["jobSchedules"]["nodes"]
    (hidden,) = reader(document).data["jobSchedules"]["nodes"]

    assert shown["pingPath"].startswith("/scheduler/api/pings/")
    assert hidden["pingPath"] is None


def test_who_only_reads_has_nothing_run(graphql: GraphQLClient, tenant: Tenant) -> None:
    schedule = make()
    reader = GraphQLClient(make_key(tenant, "scheduler:read").secret, graphql.path)

    answer = reader(
        "mutation($id: ID!) { triggerJobSchedule(input: {id: $id}) { jobRun { id } } }",
        id=str(schedule.pk),
    )

    assert answer.codes == ["FORBIDDEN"]
    assert schedule.runs.count() == 0
