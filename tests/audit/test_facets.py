"""What logs have in common and how they are spread over time, told with the page of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.domain.entries import Actor, Target
from apps.audit.domain.histogram import MOST_SPANS, STEPS, spans, start_of, step_for
from apps.audit.selectors import facets
from apps.audit.services.recording import record_all
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry

FACETS = """
query Facets($filter: AuditLogFilter, $by: [AuditLogFacetKind!]!, $first: Int) {
  auditLogs(filter: $filter, first: 1) {
    nodes { action } facets(by: $by, first: $first) { by complete values { value label count } }
  }
}
"""
HISTOGRAM = """
query Histogram($filter: AuditLogFilter, $zone: String, $most: Int) {
  auditLogs(filter: $filter, first: 1) {
    histogram(zone: $zone, most: $most) { step complete spans { start count } }
  }
}
"""
ALL = ["ACTION", "ACTOR", "ACTOR_TYPE", "TARGET_TYPE"]


def several() -> None:
    record_all(
        [
            an_entry(
                action=f"a.{number % 3}",
                occurred_at=MOMENT + timedelta(hours=number),
                actor=Actor(type="user", id=f"u-{number % 2}", name="Ada" if number % 2 else ""),
                targets=(Target(type="File", id="1"), Target(type="File", id="2"))
                if number < 2
                else (),
            )
            for number in range(7)
        ]
    )


def told(answer: Any) -> dict[str, list[tuple[str, str, int]]]:
    return {
        one["by"]: [(value["value"], value["label"], value["count"]) for value in one["values"]]
        for one in answer.data["auditLogs"]["facets"]
    }


def test_facets_are_counted_by_one_query_over_what_the_filter_finds(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    several()
    with in_tenant(make_tenant().pk):
        several()
    graphql(FACETS, by=ALL)

    some = graphql(FACETS, by=["ACTION"], first=1, filter={"actorId": "u-0", "text": "user"})
    with CaptureQueriesContext(connection) as queries:
        every = graphql(FACETS, by=ALL)

    assert told(every) == {
        "ACTION": [("a.0", "", 3), ("a.1", "", 2), ("a.2", "", 2)],
        "ACTOR": [("u-0", "", 4), ("u-1", "Ada", 3)],
        "ACTOR_TYPE": [("user", "", 7)],
        "TARGET_TYPE": [("File", "", 2)],
    }
    assert told(some) == {"ACTION": [("a.0", "", 2)]}
    # The key, the page, whether archives have more, and the facets.
    assert len(queries) == 4


def test_of_very_many_the_newest_are_counted_and_that_is_said(
    graphql: GraphQLClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    several()
    monkeypatch.setattr(facets, "MOST_COUNTED", 3)

    counted = graphql(FACETS, by=["ACTION"]).data["auditLogs"]["facets"][0]
    over_time = graphql(HISTOGRAM).data["auditLogs"]["histogram"]

    assert sum(value["count"] for value in counted["values"]) == 4
    assert not counted["complete"]
    assert not over_time["complete"]


def test_a_histogram_is_of_the_days_of_a_zone(graphql: GraphQLClient, tenant: Tenant) -> None:
    record_all(
        [
            an_entry(occurred_at=datetime(2024, 3, 29, 23, 30, tzinfo=UTC)),
            an_entry(occurred_at=datetime(2024, 3, 31, 21, 59, tzinfo=UTC)),
            an_entry(occurred_at=datetime(2024, 3, 31, 22, 0, tzinfo=UTC)),
        ]
    )

    found = graphql(HISTOGRAM, zone="Europe/Rome", most=10).data["auditLogs"]["histogram"]
    nothing = graphql(HISTOGRAM, filter={"actorId": "x"}).data["auditLogs"]["histogram"]

    # On the 31st clocks went forward.
    assert found == {
        "step": "DAY",
        "complete": True,
        "spans": [
            {"start": "2024-03-30T00:00:00+01:00", "count": 1},
            {"start": "2024-03-31T00:00:00+01:00", "count": 1},
            {"start": "2024-04-01T00:00:00+02:00", "count": 1},
        ],
    }
    assert nothing == {"step": "MINUTE", "complete": True, "spans": []}


def test_a_histogram_of_minutes(graphql: GraphQLClient, tenant: Tenant) -> None:
    record_all([an_entry(occurred_at=MOMENT + timedelta(seconds=40 * n)) for n in range(4)])

    found = graphql(HISTOGRAM).data["auditLogs"]["histogram"]

    assert (found["step"], [one["count"] for one in found["spans"]]) == ("MINUTE", [2, 1, 1])


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        (HISTOGRAM, {"zone": "Europe/Nowhere"}, "no time zone 'Europe/Nowhere'"),
        (HISTOGRAM, {"zone": "../../etc/passwd"}, "no time zone '../../etc/passwd'"),
        (HISTOGRAM, {"most": 401}, "most is 3 to 400, found 401"),
        (FACETS, {"by": ["ACTION"], "first": 0}, "first is 1 to 100, found 0"),
    ],
)
def test_what_has_no_sense_is_refused(
    graphql: GraphQLClient, document: str, variables: dict[str, Any], message: str
) -> None:
    answer = graphql(document, **variables)

    assert [error["message"] for error in answer.body["errors"]] == [message]


MOMENTS = st.integers(0, 365 * 86_400).map(lambda seconds: MOMENT + timedelta(seconds=seconds))
ZONES = st.sampled_from(["UTC", "Europe/Rome", "Asia/Kathmandu", "America/St_Johns"])


@given(st.lists(MOMENTS, min_size=1, max_size=20), ZONES, st.integers(3, MOST_SPANS))
def test_spans_hold_everything_once_and_are_no_more_than_wanted(
    moments: list[datetime], name: str, most: int
) -> None:
    zone = ZoneInfo(name)
    quarters = [start_of(moment, "QUARTER_HOUR", ZoneInfo("UTC")) for moment in moments]
    step = step_for(min(quarters), max(quarters), most)
    minutes = [start_of(moment, "MINUTE", ZoneInfo("UTC")) for moment in moments]
    counted = minutes if step == "MINUTE" else quarters

    found = spans({moment: counted.count(moment) for moment in counted}, step, zone)

    starts = [span.start for span in found]
    assert sum(span.count for span in found) == len(moments)
    assert starts == sorted(set(starts))
    assert len(found) <= most
    assert starts == [start_of(start, step, zone) for start in starts]
    assert step in STEPS


def test_facets_are_told_of_one_list_and_refused_of_many_at_once(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    files = [{"__typename": "File", "id": str(new_id())} for _ in range(2)]
    record_all([an_entry(targets=(Target(type="File", id=file["id"]),)) for file in files])
    asked = """query($files: [_Any!]!) { _entities(representations: $files) {
      ... on File { auditLogs { facets(by: [ACTION]) { values { count } } } } } }"""

    one = graphql(asked, files=files[:1])
    two = graphql(asked, files=files)

    assert one.data["_entities"][0]["auditLogs"]["facets"][0]["values"] == [{"count": 1}]
    assert set(two.codes) == {"INVALID_INPUT"}
