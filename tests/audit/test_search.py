"""What is looked for is found, and nothing else, as `LogQuery.matches` says it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.domain.entries import Actor, Context, Target
from apps.audit.domain.queries import LogQuery, QueryError, contains
from apps.audit.models import AuditLog
from apps.audit.selectors import words
from apps.audit.selectors.logs import matching
from apps.audit.services import parts
from apps.audit.services.recording import record_all
from kernel.database.limits import without_limits
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import PARTS as PARTS_OF
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry

FOUND = """
query Found($filter: AuditLogFilter) { auditLogs(filter: $filter) { nodes { action } totalCount } }
"""
METADATA: list[dict[str, Any]] = [
    {},
    {"plan": "gold", "seats": 3, "tags": ["new", "eu"], "paid": True},
    {"plan": "gold", "seats": 3.5, "tags": [], "paid": False, "note": None},
    {"plan": "silver", "by": {"plan": "gold", "parts": [{"a": 1, "b": "x"}, {"a": 2}]}},
    {"plan": ["gold"], "note": "no 'quotes\" %s", "seats": 1, "odd key": {"$.x": 0}},
]
QUERIES: list[dict[str, Any]] = [
    {},
    {"actor_type": "service"},
    {"actor_id": "u-1"},
    {"actor_name": "Ada"},
    {"actions": ["a.1", "a.3"]},
    {"actions": []},
    {"target_type": "invoice"},
    {"target_id": "i-3"},
    {"target_type": "File", "target_id": "i-3"},
    {"occurred_from": MOMENT + timedelta(minutes=2)},
    {"occurred_before": MOMENT + timedelta(minutes=2)},
    {"ip_address": "192.0.2.1"},
    {"ip_address": "192.0.2"},
    {"request_id": "req-3"},
    {"text": "gold"},
    {"text": "GOL new"},
    {"text": "old"},
    {"text": "go"},
    {"text": "eu"},
    {"text": "192 0 2"},
    {"metadata": {}},
    {"metadata": {"plan": "gold"}},
    {"metadata": {"plan": ["gold"]}},
    {"metadata": {"plan": []}},
    {"metadata": {"seats": 3}},
    {"metadata": {"seats": 3.0}},
    {"metadata": {"paid": True}},
    {"metadata": {"paid": 1}},
    {"metadata": {"seats": True}},
    {"metadata": {"note": None}},
    {"metadata": {"note": "no 'quotes\" %s"}},
    {"metadata": {"tags": ["eu"]}},
    {"metadata": {"tags": ["eu", "new", "eu"]}},
    {"metadata": {"by": {"parts": [{"a": 2}, {"b": "x"}]}}},
    {"metadata": {"by": {"parts": [{"a": 2, "b": "x"}]}}},
    {"metadata": {"odd key": {"$.x": 0}}},
    {"metadata": {"absent": {}}},
    {"text": "gold", "actor_id": "u-1", "metadata": {"paid": False}},
]


def several() -> list[AuditLog]:
    """Record logs that differ in everything that can be looked for."""
    entries = [
        an_entry(
            action=f"a.{number}",
            occurred_at=MOMENT + timedelta(minutes=number),
            actor=Actor(
                type="service" if number % 2 else "user",
                id=f"u-{number % 3}",
                name="Ada" if number < 2 else "",
            ),
            targets=(Target(type="File" if number == 3 else "invoice", id=f"i-{number}"),),
            context=Context(
                ip_address=f"192.0.2.{number}" if number else "", request_id=f"req-{number}"
            ),
            metadata=metadata,
        )
        for number, metadata in enumerate(METADATA)
    ]
    record_all(entries)
    return list(AuditLog.objects.order_by("occurred_at"))


@pytest.mark.parametrize(("frequent", "sorted_"), [(0, 0), (10**6, 0), (10**6, 2_000)])
@pytest.mark.parametrize("told", QUERIES, ids=str)
def test_a_question_finds_what_it_means(
    tenant: Tenant,
    told: dict[str, Any],
    frequent: int,
    sorted_: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "FREQUENT", frequent)
    monkeypatch.setattr(words, "MOST_SORTED", sorted_)
    logs = several()
    with in_tenant(make_tenant().pk):
        several()
    query = LogQuery.of(told)

    found = matching(query).order_by("occurred_at")

    assert [log.action for log in found] == [log.action for log in logs if query.matches(log)]


PARTS: list[dict[str, Any]] = [
    {"containing": "ilv"},
    {"containing": "ILVE"},
    {"containing": "voic"},
    {"containing": "voic ilve"},
    {"containing": "old", "text": "new"},
    {"containing": "zzz"},
]


def watch_limits(watching: pytest.MonkeyPatch) -> list[str]:
    """Have a limit of statements, and return those under which the index is made."""
    found: list[str] = []

    @contextmanager
    def watched(alias: str) -> Iterator[None]:
        with without_limits(alias):
            with connections[alias].cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                found.append(cursor.fetchone()[0])
            yield

    if connection.vendor == "postgresql":
        limits = {"statement_timeout": 60_000}
        watching.setitem(connection.settings_dict["OPTIONS"], "limits", limits)
        connection.close()
        watching.setattr(parts, "without_limits", watched)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("frequent", "sorted_"), [(0, 0), (10**6, 0), (10**6, 2_000)])
def test_parts_of_words_are_found_where_an_operator_wants_it(
    frequent: int,
    sorted_: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(words, "FREQUENT", frequent)
    monkeypatch.setattr(words, "MOST_SORTED", sorted_)
    tenant, other = make_tenant(), make_tenant("other")
    with in_tenant(other.pk):
        several()
    with in_tenant(tenant.pk):
        several()
        with pytest.raises(InvalidInputError, match="audit_parts on"):
            matching(LogQuery.of(PARTS[0]))
    # The token of the tenant is none of the words.
    asked = [*PARTS, {"containing": tenant.pk.hex[20:]}]
    try:
        with monkeypatch.context() as watching:
            limits_within = watch_limits(watching)
            call_command("audit_parts", "on", "--json")
        assert limits_within == (["0"] if connection.vendor == "postgresql" else [])
        call_command("audit_parts", "on", "--json")
        with in_tenant(tenant.pk):
            record_all([an_entry(action="late.silver", occurred_at=MOMENT + timedelta(days=1))])
            logs = list(AuditLog.objects.order_by("occurred_at"))
            found = [list(matching(LogQuery.of(one)).order_by("occurred_at")) for one in asked]
    finally:
        for one in (tenant, other):
            PARTS_OF["audit"].erase(one.pk, lambda _table, _rows: None)
        call_command("audit_parts", "off", "--json")

    said = [json.loads(line)["parts"] for line in capsys.readouterr().out.splitlines()]
    assert said == [True, True, False]
    assert found == [[log for log in logs if LogQuery.of(one).matches(log)] for one in asked]
    assert [len(one) for one in found] == [2, 2, 5, 1, 1, 0, 0]


def test_the_questions_tell_the_logs_apart(tenant: Tenant) -> None:
    logs = several()

    counts = [sum(LogQuery.of(told).matches(log) for log in logs) for told in QUERIES]

    assert counts == [
        5, 2, 2, 2, 2, 0, 4, 1, 1, 3, 2, 1, 0, 1, 4, 1, 0, 0, 1, 4,
        5, 2, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0,
    ]  # fmt: skip


def test_a_filter_of_the_graph_is_such_a_question(graphql: GraphQLClient) -> None:
    with in_tenant(Tenant.objects.get().pk):
        several()
    wanted = {"metadata": {"plan": "gold"}, "ipAddress": "192.0.2.2", "actorType": "user"}

    found = graphql(FOUND, filter=wanted | {"requestId": "req-2"}).data["auditLogs"]
    other = graphql(FOUND, filter=wanted | {"requestId": "req-1"}).data["auditLogs"]

    assert found == {"nodes": [{"action": "a.2"}], "totalCount": 1}
    assert other == {"nodes": [], "totalCount": 0}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"text": "%&/"}, "the text to look for has no letter and no digit"),
        ({"containing": "ab"}, "a part of a word to look for has at least 3 characters"),
        ({"containing": "abc de"}, "a part of a word to look for has at least 3 characters"),
        ({"metadata": [1]}, "metadata to look for are an object"),
        ({"metadata": {"a": [0] * 50}}, "metadata to look for hold at most 50 values"),
        ({"colour": "red"}, "a search has no part colour"),
        ({"occurred_from": "soon"}, "occurred_from is no moment: 'soon'"),
        ({"occurred_from": "2024-05-01T12:00"}, "occurred_from has no time zone"),
    ],
)
def test_a_question_without_sense_is_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(QueryError) as refused:
        LogQuery.of(told)

    assert str(refused.value) == why


@pytest.mark.parametrize("told", QUERIES, ids=str)
def test_a_question_is_kept_as_json_and_read_back(told: dict[str, Any]) -> None:
    query = LogQuery.of(told)

    assert LogQuery.of(query.told()) == query


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(VALUES)
def test_json_contains_itself(value: Any) -> None:
    assert contains(value, value)
