"""Searches that are kept, and the alerts that they raise."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.domain.alerts import Rule, Watch, watch
from apps.audit.models import AuditSearch
from apps.audit.services import alerting, drafting
from apps.audit.services.alerting import raise_alerts
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_all
from apps.audit.services.searches import create_search, update_search
from contracts.audit import AuditAlertRaised
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.factories import MOMENT, an_entry

CREATE = """
mutation Create($input: CreateAuditSearchInput!) {
  createAuditSearch(input: $input) {
    auditSearch { id name shared ownerName filter threshold windowSeconds coolDownSeconds }
    error { code message }
  }
}
"""
UPDATE = """
mutation Update($input: UpdateAuditSearchInput!) {
  updateAuditSearch(input: $input) {
    auditSearch { name shared filter threshold coolDownSeconds } error { code message }
  }
}
"""
DELETE = """
mutation Delete($input: DeleteAuditSearchInput!) {
  deleteAuditSearch(input: $input) { auditSearch { name } error { code } }
}
"""
LIST = "{ auditSearches(order: NAME) { totalCount nodes { name } } }"
FOUND = "query($filter: AuditLogFilter) { auditLogs(filter: $filter) { nodes { action } } }"


def names(client: GraphQLClient) -> list[str]:
    return [one["name"] for one in client(LIST).data["auditSearches"]["nodes"]]


def kept(client: GraphQLClient, **parts: Any) -> dict[str, Any]:
    usual = {
        "name": "Approvals",
        "filter": {"text": "approved", "occurredFrom": MOMENT.isoformat()},
    }
    made: dict[str, Any] = client(CREATE, input=usual | parts).data["createAuditSearch"]
    return made


def test_a_search_is_kept_as_it_was_told_and_asked_again(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    record_all([an_entry(), an_entry(action="invoice.seen")])

    search = kept(graphql, threshold=5, windowSeconds=600)["auditSearch"]
    again = graphql(FOUND, filter=search["filter"]).data["auditLogs"]["nodes"]

    assert search.pop("id")
    assert search.pop("ownerName")
    assert search == {
        "name": "Approvals",
        "shared": False,
        "filter": {"text": "approved", "occurredFrom": MOMENT.isoformat()},
        "threshold": 5,
        "windowSeconds": 600,
        "coolDownSeconds": 600,
    }
    assert again == [{"action": "invoice.approved"}]
    assert [event.TYPE for event in published()][-1] == "audit.search.created.v1"


def test_a_search_is_its_owners_and_shared_ones_are_everybodys_to_use(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    colleague = GraphQLClient(
        make_key(tenant, "audit:read", "audit:write").secret, "/audit/graphql"
    )
    stranger = GraphQLClient(make_key(make_tenant()).secret, "/audit/graphql")
    own = kept(graphql, name="own")["auditSearch"]["id"]
    shared = kept(graphql, name="shared", shared=True)["auditSearch"]["id"]

    hidden = colleague(UPDATE, input={"id": own, "name": "x"}).data["updateAuditSearch"]
    refused = colleague(UPDATE, input={"id": shared, "name": "x"})
    removed = colleague(DELETE, input={"id": shared})

    assert (names(graphql), names(colleague), names(stranger)) == (
        ["own", "shared"],
        ["shared"],
        [],
    )
    assert hidden["error"]["code"] == "NOT_FOUND"
    assert refused.codes == removed.codes == ["FORBIDDEN"]
    assert sorted(AuditSearch.objects.values_list("name", flat=True)) == ["own", "shared"]


def test_a_search_is_changed_and_removed(graphql: GraphQLClient, tenant: Tenant) -> None:
    search_id = kept(graphql, threshold=1, windowSeconds=60)["auditSearch"]["id"]

    changed = graphql(
        UPDATE,
        input={
            "id": search_id,
            "shared": True,
            "filter": {"actions": ["a.b"]},
            "threshold": None,
            "windowSeconds": None,
            "coolDownSeconds": None,
        },
    ).data["updateAuditSearch"]
    removed = graphql(DELETE, input={"id": search_id}).data["deleteAuditSearch"]

    assert changed["auditSearch"] == {
        "name": "Approvals",
        "shared": True,
        "filter": {"actions": ["a.b"]},
        "threshold": None,
        "coolDownSeconds": None,
    }
    assert removed == {"auditSearch": {"name": "Approvals"}, "error": None}
    assert names(graphql) == []
    assert [event.TYPE for event in published()][-2:] == [
        "audit.search.changed.v1",
        "audit.search.deleted.v1",
    ]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"name": " "}, "name holds nothing but spaces"),
        ({"filter": {"text": "%"}}, "the text to look for has no letter and no digit"),
        ({"threshold": 5}, "an alert has a threshold and a window"),
        ({"windowSeconds": 60}, "an alert has a threshold and a window"),
        ({"threshold": 0, "windowSeconds": 60}, "threshold: "),
        ({"threshold": 1, "windowSeconds": 59}, "window: "),
    ],
)
def test_what_cannot_be_kept_is_refused(
    graphql: GraphQLClient, tenant: Tenant, parts: dict[str, Any], message: str
) -> None:
    answer = kept(graphql, **parts)

    assert answer["auditSearch"] is None
    assert answer["error"]["code"] == "INVALID_INPUT"
    assert answer["error"]["message"].startswith(message)
    assert not AuditSearch.objects.exists()


def at(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    # What is recorded takes it for now, and nobody else.
    monkeypatch.setattr(drafting, "clock", SimpleNamespace(now=lambda: moment))


def alerts() -> list[tuple[str, int, datetime]]:
    return [
        (event.name, event.count, event.last_at)
        for event in published()
        if isinstance(event, AuditAlertRaised)
    ]


def test_an_alert_is_raised_once_for_what_is_found_within_its_window(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all([an_entry()] * 5)
    seal_all()
    create_search(
        name="many",
        query={"text": "approved"},
        threshold=3,
        window_seconds=600,
        cool_down_seconds=3600,
    )
    with in_tenant(make_tenant().pk):
        record_all([an_entry()] * 5)
    monkeypatch.setattr(alerting, "AT_ONCE", 2)
    for minute in (0, 8, 15, 17, 70, 75, 80):
        at(monkeypatch, minute)
        record_all([an_entry(), an_entry(action="invoice.seen")])
        seal_all()
        raise_alerts()
        raise_alerts()

    start = datetime(2026, 5, 1, tzinfo=UTC)
    assert alerts() == [
        ("many", 3, start + timedelta(minutes=17)),
        ("many", 3, start + timedelta(minutes=80)),
    ]


def test_what_was_sealed_while_nobody_looked_is_looked_at(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_search(name="many", threshold=2, window_seconds=60)
    for minute in (0, 0, 600, 1200):
        at(monkeypatch, minute)
        record_all([an_entry()])
    seal_all()
    raise_alerts()

    assert [when.minute for _, _, when in alerts()] == [0]


def test_another_question_begins_anew(tenant: Tenant) -> None:
    search = create_search(name="many", threshold=2, window_seconds=600)
    record_all([an_entry()])
    seal_all()
    raise_alerts()
    update_search(id=str(search.pk), query={"text": "approved"})
    record_all([an_entry()])
    seal_all()
    raise_alerts()

    assert alerts() == []


MINUTES = st.lists(st.integers(0, 200), max_size=40)


@given(MINUTES, st.integers(1, 5), st.integers(1, 30), st.integers(1, 60), st.integers(1, 7))
def test_alerts_do_not_depend_on_how_many_logs_are_looked_at_together(
    minutes: list[int], threshold: int, window: int, cool_down: int, size: int
) -> None:
    rule = Rule(
        threshold=threshold,
        window=timedelta(minutes=window),
        cool_down=timedelta(minutes=cool_down),
    )
    moments = [MOMENT + timedelta(minutes=minute) for minute in sorted(minutes)]
    state, raised = Watch(), []
    for start in range(0, len(moments), size):
        state, more = watch(state, rule, moments[start : start + size])
        raised += more

    assert (state, raised) == watch(Watch(), rule, moments)
    assert all(
        later.last_at - earlier.last_at >= rule.cool_down for earlier, later in pairwise(raised)
    )
    assert all(alert.last_at - alert.first_at <= rule.window for alert in raised)
