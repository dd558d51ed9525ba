"""The audit log through GraphQL, as a client uses it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.entries import Actor, Change, Context, Target
from apps.audit.models import AuditLog
from apps.audit.services.recording import record_all
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.factories import MOMENT, an_entry

CREATE = """
mutation Create($input: CreateAuditLogInput!) {
  createAuditLog(input: $input) {
    auditLog {
      id action occurredAt actor { type id name } targets { type id name }
      context { ipAddress userAgent location requestId } changes { field before after }
      metadata idempotencyKey
    }
    error { code message }
  }
}
"""
LIST = """
query List($filter: AuditLogFilter, $order: AuditLogOrder, $first: Int, $after: String,
           $last: Int, $before: String) {
  auditLogs(filter: $filter, order: $order, first: $first, after: $after, last: $last,
            before: $before) {
    nodes { action }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
ENTITIES = """
query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on AuditLog { id action } }
}
"""


def an_input(**parts: Any) -> dict[str, Any]:
    usual = {
        "action": "invoice.approved",
        "occurredAt": "2024-05-01T12:00:00+02:00",
        "actor": {"type": "user", "id": "u-1"},
    }
    return usual | parts


def numbered(count: int) -> None:
    record_all(
        [
            an_entry(action=f"step.{index}", occurred_at=MOMENT + timedelta(minutes=index))
            for index in range(count)
        ]
    )


def actions(result: Any) -> list[str]:
    return [node["action"] for node in result.data["auditLogs"]["nodes"]]


def test_no_order_is_the_usual_one_and_only_places_can_be_asked_for(graphql: GraphQLClient) -> None:
    numbered(3)
    # The last to come, and the first to have happened.
    record_all([an_entry(action="step.before", occurred_at=MOMENT - timedelta(days=1))])

    by_null = graphql("{ auditLogs(order: null, first: 3) { nodes { action } } }")
    places = graphql("{ auditLogs(order: null, first: 2) { edges { cursor } } }")

    assert actions(by_null) == ["step.2", "step.1", "step.0"]
    assert len(places.data["auditLogs"]["edges"]) == 2


def test_a_log_comes_back_as_it_was_told(graphql: GraphQLClient) -> None:
    told = an_input(
        actor={"type": "user", "id": "u-1", "name": "Ada"},
        targets=[{"type": "invoice", "id": "i-1", "name": "May"}],
        context={"ipAddress": "192.0.2.1", "userAgent": "curl", "requestId": "r-1"},
        changes=[{"field": "state", "before": "open", "after": {"is": ["closed", 1]}}],
        metadata={"amount": 12.5},
        idempotencyKey="k-1",
    )

    log = graphql(CREATE, input=told).data["createAuditLog"]["auditLog"]

    assert log.pop("id") == str(AuditLog.objects.get().pk)
    assert log == told | {
        "occurredAt": "2024-05-01T12:00:00+02:00",
        "context": told["context"] | {"location": ""},
    }


def test_an_expected_failure_is_in_the_answer_with_its_code(graphql: GraphQLClient) -> None:
    answer = graphql(CREATE, input=an_input(action=" ")).data["createAuditLog"]

    assert answer == {
        "auditLog": None,
        "error": {"code": "INVALID_INPUT", "message": "action is empty"},
    }
    assert AuditLog.objects.count() == 0


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    logs = [an_input(idempotencyKey="a"), an_input(idempotencyKey="a"), an_input(action="")]

    answer = graphql(
        """mutation($input: CreateAuditLogsInput!) { createAuditLogs(input: $input) {
             outcomes { new auditLog { action } error { code } } error { code } } }""",
        input={"logs": logs},
    ).data["createAuditLogs"]

    assert answer["error"] is None
    assert answer["outcomes"] == [
        {"new": True, "auditLog": {"action": "invoice.approved"}, "error": None},
        {"new": False, "auditLog": {"action": "invoice.approved"}, "error": None},
        {"new": False, "auditLog": None, "error": {"code": "INVALID_INPUT"}},
    ]


def test_a_batch_is_all_or_nothing_when_that_is_asked_for(graphql: GraphQLClient) -> None:
    batch = """mutation($input: CreateAuditLogsInput!) { createAuditLogs(input: $input) {
                 outcomes { new auditLog { action } error { code } } error { code } } }"""
    good = [an_input(action="a.done"), an_input(action="b.done")]

    refused = graphql(batch, input={"logs": [*good, an_input(action="")], "allOrNothing": True})
    none = AuditLog.objects.count()
    done = graphql(batch, input={"logs": good, "allOrNothing": True}).data["createAuditLogs"]

    outcomes = refused.data["createAuditLogs"]["outcomes"]
    codes = [one["error"]["code"] for one in outcomes]
    assert codes == ["AUDIT_BATCH_REFUSED", "AUDIT_BATCH_REFUSED", "INVALID_INPUT"]
    assert [(one["new"], one["auditLog"]) for one in outcomes] == [(False, None)] * 3
    assert none == 0
    assert [one["new"] for one in done["outcomes"]] == [True, True]
    assert AuditLog.objects.count() == 2


def test_pages_follow_each_other_forwards_and_backwards(graphql: GraphQLClient) -> None:
    numbered(5)

    first = graphql(LIST, first=2)
    second = graphql(LIST, first=2, after=first.data["auditLogs"]["pageInfo"]["endCursor"])
    third = graphql(LIST, first=2, after=second.data["auditLogs"]["pageInfo"]["endCursor"])
    back = graphql(LIST, last=2, before=third.data["auditLogs"]["pageInfo"]["startCursor"])

    assert [actions(page) for page in (first, second, third, back)] == [
        ["step.4", "step.3"],
        ["step.2", "step.1"],
        ["step.0"],
        ["step.2", "step.1"],
    ]
    infos = [page.data["auditLogs"]["pageInfo"] for page in (first, second, third, back)]
    assert [info["hasNextPage"] for info in infos] == [True, True, False, True]
    assert [info["hasPreviousPage"] for info in infos] == [False, True, True, True]


def test_the_oldest_can_come_first(graphql: GraphQLClient) -> None:
    numbered(3)

    assert actions(graphql(LIST, order="OLDEST_FIRST")) == ["step.0", "step.1", "step.2"]


def test_rows_of_one_moment_are_neither_lost_nor_repeated(graphql: GraphQLClient) -> None:
    record_all([an_entry(action=f"step.{index}") for index in range(7)])

    seen: list[str] = []
    after = None
    while True:
        page = graphql(LIST, first=2, after=after)
        seen += actions(page)
        info = page.data["auditLogs"]["pageInfo"]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]

    assert sorted(seen) == [f"step.{index}" for index in range(7)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"actorId": "u-2"}, ["b"]),
        ({"actorName": "Ada"}, ["c", "a"]),
        ({"actions": ["a", "b"]}, ["b", "a"]),
        ({"targetId": "i-2"}, ["c", "b"]),
        ({"targetId": "i-2", "targetType": "invoice"}, ["b"]),
        ({"targetType": "contract"}, ["c"]),
        ({"occurredFrom": "2024-05-01T12:01:00Z"}, ["c", "b"]),
        ({"occurredBefore": "2024-05-01T14:01:00+02:00"}, ["a"]),
        ({"actorName": "Ada", "targetId": "i-2"}, ["c"]),
        ({"actorId": "nobody"}, []),
        ({}, ["c", "b", "a"]),
    ],
)
def test_filters_let_through_what_fits_every_part(
    graphql: GraphQLClient, wanted: dict[str, Any], found: list[str]
) -> None:
    ada, bob = Actor(type="user", id="u-1", name="Ada"), Actor(type="user", id="u-2", name="Bob")
    record_all(
        [
            an_entry(action="a", actor=ada, occurred_at=MOMENT),
            an_entry(
                action="b",
                actor=bob,
                occurred_at=MOMENT + timedelta(minutes=1),
                targets=(Target(type="invoice", id="i-2"),),
            ),
            an_entry(
                action="c",
                actor=ada,
                occurred_at=MOMENT + timedelta(minutes=2),
                targets=(Target(type="contract", id="i-2"), Target(type="contract", id="i-3")),
            ),
        ]
    )

    assert actions(graphql(LIST, filter=wanted)) == found


@pytest.mark.parametrize("field", ["auditLogs { totalCount }", "auditLogActionCounts { count }"])
def test_more_actions_than_a_statement_takes_are_refused(
    graphql: GraphQLClient, field: str
) -> None:
    asked = field.replace(" {", "(filter: {actions: $actions}) {", 1)

    result = graphql(f"query($actions: [String!]) {{ {asked} }}", actions=["a"] * 101)

    assert result.codes == ["LIMIT_EXCEEDED"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("delete", 1),
        ("SECRET", 1),
        ("deletesecret", 1),
        ("secrets manager", 1),
        ("prod/db", 1),
        ("ada lovelace", 1),
        ("192.0.2.1", 1),
        ("retention", 1),
        ("quarterly", 1),
        ("sec del", 1),
        ("delete nothing", 0),
        ('x" OR words : "delete', 0),
        ("delete* & !", 1),
    ],
)
def test_text_search_finds_beginnings_of_all_words(
    graphql: GraphQLClient, text: str, found: int
) -> None:
    record_all(
        [
            an_entry(
                action="secretsmanager.DeleteSecret",
                actor=Actor(type="user", id="u-1", name="Ada Lovelace"),
                targets=(Target(type="secret", id="prod/db"),),
                context=Context(ip_address="192.0.2.1"),
                changes=(Change(field="retention"),),
                metadata={"why": ["quarterly rotation"], "Secrets": "Secrets Manager"},
            ),
            an_entry(),
        ]
    )

    assert len(actions(graphql(LIST, filter={"text": text}))) == found


def test_counts_by_action_come_with_the_largest_first(graphql: GraphQLClient) -> None:
    record_all([an_entry(action=action) for action in ("a", "b", "b", "c", "c", "c")])

    counts = graphql(
        "{ auditLogActionCounts(first: 2) { action count } }",
    ).data["auditLogActionCounts"]

    assert counts == [{"action": "c", "count": 3}, {"action": "b", "count": 2}]


def test_entities_keep_their_order_and_miss_one_by_one(graphql: GraphQLClient) -> None:
    numbered(3)
    ids = [str(log.pk) for log in AuditLog.objects.order_by("occurred_at")]
    wanted = [ids[2], "00000000-0000-7000-8000-000000000000", ids[0], "not an id", ids[2]]

    result = graphql(
        ENTITIES, representations=[{"__typename": "AuditLog", "id": one} for one in wanted]
    )

    found = [row and row["action"] for row in result.body["data"]["_entities"]]
    assert found == ["step.2", None, "step.0", None, "step.2"]
    assert [error["path"] for error in result.body["errors"]] == [["_entities", 3]]
    assert result.codes == ["INVALID_INPUT"]


def test_another_tenants_logs_are_not_there(graphql: GraphQLClient) -> None:
    numbered(1)
    log_id = str(AuditLog.objects.get().pk)
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)

    by_id = stranger("query($id: ID!) { auditLog(id: $id) { id } }", id=log_id)
    listed = stranger("{ auditLogs { totalCount nodes { id } } auditLogActionCounts { count } }")
    entity = stranger(ENTITIES, representations=[{"__typename": "AuditLog", "id": log_id}])
    searched = stranger(LIST, filter={"text": "step"})

    assert by_id.codes == ["NOT_FOUND"]
    assert listed.data == {
        "auditLogs": {"totalCount": 0, "nodes": []},
        "auditLogActionCounts": [],
    }
    assert entity.data == {"_entities": [None]}
    assert actions(searched) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        # A page and a total each cost one more: which archives may have some of it.
        ("{ auditLogs(first: 50) { nodes { id action targets { id } } } }", 3),
        ("{ auditLogs(first: 50) { totalCount edges { cursor node { id } } } }", 5),
        # Words one more: how many of the newest logs have them.
        ('{ auditLogs(filter: {text: "step", targetId: "i-1"}) { nodes { id } } }', 4),
        ("{ auditLogActionCounts { action count } }", 2),
        ('{ auditLog(id: "$id") { id actor { name } } }', 2),
        ('{ _entities(representations: [{__typename: "AuditLog", id: "$id"}]) { __typename } }', 2),
    ],
)
def test_reads_cost_a_fixed_number_of_queries(
    graphql: GraphQLClient, query: str, count: int
) -> None:
    numbered(60)
    text = query.replace("$id", str(AuditLog.objects.all()[0].pk))
    graphql("{ auditLogs { totalCount } }")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        result = graphql(text)

    assert result.data
    assert len(queries) == count, [query["sql"] for query in queries]
